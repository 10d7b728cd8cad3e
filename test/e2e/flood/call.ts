// How the gateway is told, by its URL, whom to call.

/** Where the gateway's response tells its trace. */
export const TRACE_FIELD = "x-flood-trace";

/** Calls at one time, each of which fails. */
export interface Flood {
  readonly to: string;
  /** `/fail`: so many spans fail there. `/tell`: no span is there, the answer says that so many failed. */
  readonly path: "/fail" | "/tell";
  readonly calls: number;
  /** Nodes of the tree of each of them. */
  readonly nodes: number;
}

export function urlOfFlood(base: string, { to, path, calls, nodes }: Flood): string {
  const query = new URLSearchParams({ to, path, calls: String(calls), nodes: String(nodes) });
  return `${base}/flood?${query}`;
}

export function readFlood({ searchParams }: URL): Flood {
  const value = (name: string): string => searchParams.get(name) ?? "";
  const path = value("path") === "/tell" ? "/tell" : "/fail";
  return { to: value("to"), path, calls: Number(value("calls")), nodes: Number(value("nodes")) };
}
