// Proves one cell: two services of a framework; the second one fails, and the tree of the first one says why.

import { once } from "node:events";
import http from "node:http";
import { readErrorTree, type TreeNode } from "otel-error-tree";
import type { Undo } from "../../collector-config/program/undo.ts";
import { NodeProcess } from "../support/process/node-process.ts";
import type { Row } from "./rows.ts";

/** How the services of a cell are started. */
export interface Cell {
  readonly row: Row;
  readonly folder: string;
  readonly program: string;
  readonly isByHand: boolean;
}

/** A machine with much else to do takes its time. */
const MOST_WAITED_MS = 120_000;
const FRAME =
  /^(?:pay \((?:pay\.mjs|app\.cjs):\d+:\d+\)|(?:async )?\w+ \(\.next(?:-by-hand)?\/server\/.*:\d+:\d+\))$/;

/** Returns what is wrong; nothing if the cell holds. */
export async function prove(cell: Cell, undo: Undo): Promise<string[]> {
  const processes: NodeProcess[] = [];
  let isOverdue = false;
  const overdue = setTimeout(() => {
    isOverdue = true;
    for (const one of processes) one.signal("SIGKILL");
  }, MOST_WAITED_MS);
  const start = async (name: string, calls: string): Promise<string> => {
    const one = new NodeProcess(cell.program, {
      name,
      imports: [cell.isByHand ? "./otel.mjs" : "otel-error-tree/register"],
      args: cell.row.isNext ? ["start", "-p", "0", "-H", "127.0.0.1"] : [],
      env: {
        HOME: cell.folder,
        NODE_ENV: "production",
        NEXT_TELEMETRY_DISABLED: "1",
        BY_HAND: cell.isByHand ? "yes" : "no",
        CALLS: calls,
        CALLS_WITH: cell.row.body,
        OTEL_SERVICE_NAME: name,
        OTEL_ERROR_TREE_TRUST: "loopback",
        OTEL_ERROR_TREE_HEADER_BYTES: "2048",
        OTEL_TRACES_EXPORTER: "none",
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none",
      },
      cwd: cell.folder,
      channel: false,
      undo,
    });
    processes.push(one);
    const [, port] = await one.prints(/(?:listens on |http:\/\/127\.0\.0\.1:)(\d+)/);
    return `http://127.0.0.1:${port}${cell.row.path}`;
  };
  try {
    const payment = await start("payment", "");
    const checkout = await start("checkout", payment);
    return await judge(checkout, cell.row);
  } catch (error) {
    const printed = processes.map((one) => one.printed).join(" ");
    const why = isOverdue ? `not done within ${MOST_WAITED_MS / 1000} s` : String(error);
    return [`${why}: ${printed.slice(-500)}`];
  } finally {
    clearTimeout(overdue);
    for (const one of processes) one.signal("SIGKILL");
    await Promise.all(processes.map((one) => one.exited.catch(() => {})));
  }
}

async function judge(url: string, row: Row): Promise<string[]> {
  const request = http.request(url, {
    method: row.body === undefined ? "GET" : "POST",
    agent: false,
    headers: { "x-error-tree": "v=1, f=json", "content-type": "application/json" },
  });
  request.end(row.body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  response.resume();
  const value = response.headers["x-error-tree"];
  const root = typeof value === "string" ? readErrorTree(value)?.root : undefined;
  if (root === undefined) return [`no tree in the answer ${response.statusCode}`];
  const [child] = root.children;
  return [
    ...told("checkout", root, { errorType: "Error", message: "payment failed", operation: row.operation }),
    ...(child === undefined
      ? ["no child"]
      : told("payment", child, {
          errorType: "TypeError",
          message: "card declined",
          operation: row.operation,
        })),
    ...(child?.causes?.[0] === "RangeError: limit of 7 reached" ? [] : ["no cause of the child's error"]),
  ];
}

function told(service: string, node: TreeNode, expected: Partial<TreeNode>): string[] {
  const wrong: string[] = [];
  for (const [name, value] of Object.entries({ service, ...expected })) {
    const is = node[name as keyof TreeNode];
    if (is !== value) wrong.push(`${service} has the ${name} ${String(is)}`);
  }
  const frame = node.frames?.[0] ?? "none";
  if (!FRAME.test(frame)) wrong.push(`${service} has the frame ${frame}`);
  return wrong;
}
