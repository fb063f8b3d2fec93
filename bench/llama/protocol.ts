/** What the benchmark asks of the process that runs llama.cpp. Times in milliseconds. */
export type LlamaRequest =
  /** Loads a model with a context of so many tokens; forgets the one before. */
  | { op: 'load'; file: string; context: number }
  /** Evaluates these tokens from an empty context. */
  | { op: 'prefill'; tokens: number[] }
  /** Generates `count` tokens greedily after these tokens, which are not timed; the time is the median of one token. */
  | { op: 'decode'; tokens: number[]; count: number };

export interface LlamaReply {
  /** Time of what was asked. */
  ms: number;
  /** Processor time of the child process meanwhile, loading and untimed work included. */
  cpuMs: number;
  /** First generated token (`decode`). */
  token?: number;
  error?: string;
}
