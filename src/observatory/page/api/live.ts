// Follows the live events of the server, and connects again whenever the connection breaks.
import type { Doubts, Failure, LiveEvents, Picture } from "../../graph/picture.ts";
import { EventStreamReader } from "../pure/event-stream.ts";
import { parseShown } from "../pure/shown-text.ts";
import type { TimeSpan } from "../pure/view-state.ts";
import { ApiError, openLive } from "./api.ts";

/** Who follows. */
export interface LiveHandlers {
  opened(): void;
  picture(picture: Picture): void;
  failure(failure: Failure): void;
  doubts(doubts: Doubts): void;
  /** The connection is lost; it is tried again after so many milliseconds. */
  lost(reason: string, retryIn: number): void;
  /** The server cannot show that span of time. Nothing more is tried. */
  wrong(reason: string): void;
  /** The server wants a token, and gets none that it accepts. Nothing more is tried. */
  refused(): void;
}

/** Pauses before it is tried again, in milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** Follows until it is stopped by what this returns. */
export function followLive(span: TimeSpan, handlers: LiveHandlers): () => void {
  const stop = new AbortController();
  void follow(span, handlers, stop.signal);
  return () => stop.abort();
}

async function follow(span: TimeSpan, handlers: LiveHandlers, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    let reason = "The server has ended the connection.";
    try {
      const response = await openLive(span, signal);
      handlers.opened();
      await readAll(response, handlers, () => {
        pause = FIRST_PAUSE;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        handlers.refused();
        return;
      }
      if (error instanceof ApiError && error.status === 400) {
        handlers.wrong(error.message);
        return;
      }
      reason = error instanceof ApiError ? error.message : "The connection broke.";
    }
    if (signal.aborted) return;
    handlers.lost(reason, pause);
    await sleep(pause, signal);
    pause = Math.min(LONGEST_PAUSE, pause * 2);
  }
}

async function readAll(response: Response, handlers: LiveHandlers, got: () => void): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventStreamReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    got();
    for (const { event, data } of events.read(piece.value)) handle(event as keyof LiveEvents, data, handlers);
  }
}

function handle(event: keyof LiveEvents, data: string, handlers: LiveHandlers): void {
  let value: unknown;
  try {
    value = parseShown(data);
  } catch {
    return;
  }
  switch (event) {
    case "picture":
      handlers.picture(value as Picture);
      return;
    case "failure":
      handlers.failure(value as Failure);
      return;
    case "doubts":
      handlers.doubts(value as Doubts);
      return;
    default:
      // An event of a later version.
      event satisfies never;
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
