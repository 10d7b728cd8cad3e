// Sends requests to the lab's first service, so many at a time, as a client that knows nothing of OpenTelemetry.
import http from "node:http";
import { REQUEST_ID_HEADER } from "../../../examples/lab/request-context.ts";

/** Sends them all, and calls `done` after each. */
export async function sendLoad(url: string, { requests, atOnce, label, done }: Load): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: atOnce });
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      await send(url, agent, `${label}-${next++}`);
      done?.();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, requests) }, client));
  } finally {
    agent.destroy();
  }
}

/** What is sent. */
interface Load {
  readonly requests: number;
  /** In flight at a time. */
  readonly atOnce: number;
  /** Begins the id of each request, by which the lab's services throw their dice. */
  readonly label: string;
  readonly done?: () => void;
}

function send(url: string, agent: http.Agent, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent, headers: { [REQUEST_ID_HEADER]: id } }, (response) => {
        response.resume().once("end", resolve).once("error", reject);
      })
      .once("error", reject);
  });
}
