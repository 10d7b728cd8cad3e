// How a service of the faults is told, by its URL, whom to call.

/** Where a response tells its trace. */
export const TRACE_FIELD = "x-faults-trace";

export type Client = "http" | "fetch";

/** One call. */
export interface Call {
  /** Names the row in the log. */
  readonly row: string;
  /** The whole URL. */
  readonly to: string;
  readonly client: Client;
  /** How long it may take. */
  readonly patienceMs: number;
}

/** The URL by which the service at `base` is told to make a call. */
export function urlOfCall(base: string, { row, to, client, patienceMs }: Call): string {
  return `${base}/call?${new URLSearchParams({ row, to, client, patience: String(patienceMs) })}`;
}

export function readCall({ searchParams }: URL): Call {
  const value = (name: string): string => searchParams.get(name) ?? "";
  const client = value("client") === "fetch" ? "fetch" : "http";
  return { row: value("row"), to: value("to"), client, patienceMs: Number(value("patience")) };
}
