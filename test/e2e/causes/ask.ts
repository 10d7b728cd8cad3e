// One request to a program, as a service of ours sends it, and what the head of its answer tells.
import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { type ErrorTree, readErrorTree } from "otel-error-tree";
import { RunError } from "../../support/program/run-error.ts";
import type { ProgramCase } from "./cases.ts";
import type { Host } from "./stage.ts";

/** What came back. */
export interface Told {
  readonly status: number;
  /** Absent where nothing failed. */
  readonly tree: ErrorTree | undefined;
  readonly traceId: string;
  readonly exported: boolean;
}

const ASK = 'v=1, id="00f067aa0ba902b7", from="client"';

/** Asks a program for its tree, in binary as between services. */
export async function askProgram(host: Host, { program, method, path }: ProgramCase): Promise<Told> {
  const request = http.request({
    host: "127.0.0.1",
    port: host.ports[program],
    method,
    path,
    agent: false,
    headers: { "x-error-tree": ASK },
  });
  request.end();
  const [response] = (await once(request, "response", { signal: AbortSignal.timeout(10_000) })) as [
    http.IncomingMessage,
  ];
  await text(response);
  const value = response.headers["x-error-tree"];
  if (typeof value !== "string") throw new RunError(`${program} gave no answer under x-error-tree`);
  const trace = /trace;desc=00-([0-9a-f]{32})-[0-9a-f]{16}-0([01])/.exec(
    `${response.headers["server-timing"]}`,
  );
  return {
    status: response.statusCode ?? 0,
    tree: readErrorTree(value),
    traceId: trace?.[1] ?? "",
    exported: trace?.[2] === "1",
  };
}
