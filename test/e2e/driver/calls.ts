/** What a test asks of the driver: user settings to be changed; `null` takes one away. */
export interface DriverCall {
  settings: Record<string, unknown>;
}
