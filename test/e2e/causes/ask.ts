// One request to a program, as a service of ours sends it, and what the head of its answer tells.
import { once } from "node:events";
import http from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type ErrorTree, readErrorTree } from "otel-error-tree";
import { RunError } from "../../../collector-config/program/run-error.ts";
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
export async function askProgram(host: Host, program: ProgramCase): Promise<Told> {
  const ahead = program.behindAnother ? send(host, program) : undefined;
  const [socket] = ahead === undefined ? [] : ((await once(ahead, "socket")) as [Socket]);
  if (socket?.connecting) await once(socket, "connect");
  const others = ahead === undefined ? undefined : answerOf(ahead, program);
  const told = await answerOf(send(host, program), program);
  await others;
  return told;
}

function send(host: Host, { program, method, path }: ProgramCase): http.ClientRequest {
  const request = http.request({
    host: "127.0.0.1",
    port: host.ports[program],
    method,
    path,
    agent: false,
    headers: { "x-error-tree": ASK },
  });
  request.end();
  return request;
}

async function answerOf(request: http.ClientRequest, { program }: ProgramCase): Promise<Told> {
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
