// Calling other lab services: all at once or one after the other, with retries, every body read to its end.
import http from "node:http";
import { text } from "node:stream/consumers";
import type { CallAccount } from "./account.ts";
import { codeOf } from "./code.ts";
import type { RequestContext } from "./request-context.ts";
import type { Settings } from "./settings.ts";

/** Counts the moments of this process: order without a clock. */
let moment = 0;

/** Calls every downstream; one list of attempts for each that was called, the last attempt is what counts. */
export async function callDownstreams(settings: Settings, context: RequestContext): Promise<CallAccount[][]> {
  const { downstreams, sequential } = settings;
  if (!sequential) return Promise.all(downstreams.map((_, place) => callOne(settings, context, place)));
  const results: CallAccount[][] = [];
  for (const place of downstreams.keys()) {
    const attempts = await callOne(settings, context, place);
    results.push(attempts);
    if (hasFailed(attempts) && !settings.forcePass && !context.passes(settings.name)) break;
  }
  return results;
}

/** True where not even the last attempt succeeded. */
export function hasFailed(attempts: readonly CallAccount[]): boolean {
  return attempts.at(-1)?.code !== "ok";
}

async function callOne(settings: Settings, context: RequestContext, place: number): Promise<CallAccount[]> {
  const { downstreams, retries } = settings;
  const attempts: CallAccount[] = [];
  while (attempts.length <= retries && hasFailed(attempts)) {
    const call = `${context.call}.${place * (retries + 1) + attempts.length}`;
    attempts.push(await get(downstreams[place] as string, call, context.headersFor(call)));
  }
  return attempts;
}

function get(url: string, call: string, headers: Record<string, string>): Promise<CallAccount> {
  const began = ++moment;
  return new Promise((resolve) => {
    const fail = (): void => resolve({ call, url, code: "unavailable", began, ended: ++moment });
    const request = http.get(url, { headers }, (response) => {
      const ended = ++moment;
      text(response).then((body) => resolve({ call, url, code: readCode(body), began, ended }), fail);
    });
    request.once("error", fail);
  });
}

/** The code in a lab service's answer; any other program has no place in the lab. */
function readCode(body: string): CallAccount["code"] {
  try {
    return codeOf((JSON.parse(body) as { code?: unknown }).code) ?? "unknown";
  } catch {
    return "unknown";
  }
}
