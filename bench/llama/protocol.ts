/** What the benchmark asks of the process that runs llama.cpp. Times in milliseconds. */
export type LlamaRequest =
  /** Loads a model with a context of so many tokens for each number of threads; forgets the one before. */
  | { op: 'load'; file: string; context: number; threads: number[] }
  /** Evaluates these tokens from an empty context. */
  | { op: 'prefill'; tokens: number[]; threads: number }
  /** Generates `count` tokens greedily after these tokens, which are not timed; the time is the median of one token. */
  | { op: 'decode'; tokens: number[]; count: number; threads: number };

export interface LlamaReply {
  /** Time of what was asked. */
  ms: number;
  /** Processor time of the child process meanwhile, loading and untimed work included. */
  cpuMs: number;
  /** First generated token (`decode`). */
  token?: number;
  error?: string;
}
