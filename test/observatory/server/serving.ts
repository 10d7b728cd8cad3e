// Starts an observatory on a free port, with the trees of the command and a clock of its own.
import http from "node:http";
import { TreeRendering } from "../../../src/cli/observatory/tree-rendering.ts";
import type { BodyLimits } from "../../../src/observatory/server/body.ts";
import { Observatory, type ObservatoryOptions } from "../../../src/observatory/server/observatory.ts";
import { type ServeOptions, serve } from "../../../src/observatory/server/serve.ts";

/** A running one. */
export interface Serving {
  readonly url: string;
  readonly port: number;
  readonly observatory: Observatory;
  /** What went wrong in the observatory itself. */
  readonly faults: unknown[];
  /** Its clock, in milliseconds since the epoch. */
  now: number;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(
    path: string,
    type: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  json<T>(path: string): Promise<T>;
  /** The status of a GET with exactly these header fields. */
  status(path: string, headers: Record<string, string>): Promise<number>;
}

interface ServingOptions {
  readonly options?: Partial<ObservatoryOptions>;
  readonly serve?: Partial<ServeOptions>;
  readonly bodies?: BodyLimits;
}

export const START = 1_800_000_000_000;

/** Runs `work` with an observatory, and ends it. */
export async function withObservatory(
  work: (serving: Serving) => Promise<void>,
  { options, serve: serveOptions, bodies = {} }: ServingOptions = {},
): Promise<void> {
  const clock = { now: START };
  const now = (): number => clock.now;
  const observatory = new Observatory({ rendering: new TreeRendering(undefined), now, ...options });
  const faults: unknown[] = [];
  const pageFolder = new URL("no-such-folder/", import.meta.url);
  const failed = (error: unknown): void => {
    faults.push(error);
  };
  const served = await serve(observatory, {
    host: "127.0.0.1",
    port: 0,
    pageFolder,
    now,
    failed,
    bodies,
    ...serveOptions,
  });
  const url = `http://127.0.0.1:${served.port}`;
  const serving: Serving = {
    ...{ url, port: served.port, observatory, faults },
    get now() {
      return clock.now;
    },
    set now(value) {
      clock.now = value;
    },
    get: (path, headers = {}) => fetch(url + path, { headers, redirect: "manual" }),
    post: (path, type, body, headers = {}) =>
      fetch(url + path, { method: "POST", headers: { "content-type": type, ...headers }, body }),
    status: (path, headers) => statusOf(served.port, path, headers),
    json: async (path) => (await fetch(url + path)).json() as never,
  };
  try {
    await work(serving);
    if (faults.length > 0) throw faults[0];
  } finally {
    await served.close();
  }
}

function statusOf(port: number, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
  });
}
