/** What a test asks of the driver. */
export interface DriverCall {
  /** User settings to be changed; `null` takes one away. */
  settings?: Record<string, unknown>;
  /** Ids of extensions to be activated, one after the other. */
  activate?: string[];
}

export interface DriverAnswer {
  error?: string;
  /** How long each activation took, loading its code included, in milliseconds. */
  activated?: number[];
}
