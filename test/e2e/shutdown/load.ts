// Strangers who load a gateway over kept connections, and keep what they got.
import http from "node:http";

/** A whole answer. */
export interface Got {
  readonly status: number;
  /** Names and values, in turn, of all fields before and behind the body. */
  readonly fields: readonly string[];
  readonly body: string;
  /** When its last byte came, on the clock of `performance.now()`. */
  readonly at: number;
}

/** What became of the requests. */
export interface Load {
  readonly answered: Got[];
  /** Requests whose answer began and broke off. */
  readonly broken: string[];
  /** Requests whose connection was closed before a byte of an answer. What the gateway began of them, its account tells. */
  unsent: number;
}

type Answer = Got | "unsent" | "refused" | { readonly broken: string };

/** Asks one path after the other on one kept connection, until the server listens no more or it is told to stop. */
async function client(port: number, paths: readonly string[], load: Load, stop: AbortSignal): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; !stop.aborted; i++) {
    const outcome = await get(port, paths[i % paths.length] as string, agent);
    if (outcome === "refused") break;
    if (outcome === "unsent") load.unsent++;
    else if ("broken" in outcome) load.broken.push(outcome.broken);
    else load.answered.push(outcome);
  }
  agent.destroy();
}

/** One request; half of them ask for a tree without anybody trusting them. */
export function get(port: number, path: string, agent?: http.Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = {
      "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="stranger"',
      "x-forwarded-for": "203.0.113.7",
    };
    const request = http.get({ host: "127.0.0.1", port, path, agent, headers }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("error", (error) => resolve({ broken: `${path}: ${error.message}` }));
      response.on("end", () => {
        const fields = [...response.rawHeaders, ...response.rawTrailers];
        resolve({ status: response.statusCode ?? 0, fields, body, at: performance.now() });
      });
    });
    request.on("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code === "ECONNREFUSED" ? "refused" : "unsent");
    });
  });
}

/** So many clients at a time, each with the paths in another order. */
export async function load(
  port: number,
  paths: readonly string[],
  clients: number,
  stop: AbortSignal,
  onAnswers: (load: Load) => void,
): Promise<Load> {
  const result: Load = { answered: [], broken: [], unsent: 0 };
  const told = setInterval(() => onAnswers(result), 10);
  await Promise.all(
    Array.from({ length: clients }, (_, i) =>
      client(port, [...paths.slice(i % paths.length), ...paths.slice(0, i % paths.length)], result, stop),
    ),
  );
  clearInterval(told);
  return result;
}
