// Sends what is new to the browsers that look on, by server-sent events. A browser that is slow or leaves costs nothing.
import type { ServerResponse } from "node:http";
import type { Doubts, Failure, LiveEvents } from "../graph/picture.ts";
import type { Listener } from "./observatory.ts";
import { Refusal } from "./refusal.ts";

/** Browsers at a time. */
const MOST_CLIENTS = 64;
/** Failures that are kept for a browser that does not keep up. */
const MOST_FAILURES = 50;
/** A browser that takes nothing for so many windows or heartbeats is disconnected. */
const MOST_MISSED = 6;

interface Client {
  readonly response: ServerResponse;
  readonly last: number;
  /** It has not taken yet what was sent before. */
  isFull: boolean;
  missed: number;
  failures: Failure[];
}

/** Holds the browsers. */
export class Live implements Listener {
  readonly #pictureOf: (last: number) => Promise<string>;
  readonly #failed: (error: unknown) => void;
  readonly #clients = new Set<Client>();
  /** The times of which browsers want a new picture; the one that has waited longest comes first. */
  readonly #wanted = new Set<number>();
  #isBuilding = false;

  /**
   * @param pictureOf - the picture of the last so many seconds, as JSON
   * @param failed - told what went wrong in our own code
   */
  constructor(pictureOf: (last: number) => Promise<string>, failed: (error: unknown) => void) {
    this.#pictureOf = pictureOf;
    this.#failed = failed;
  }

  /** @throws Refusal if there are too many */
  open(response: ServerResponse, last: number): void {
    if (this.#clients.size >= MOST_CLIENTS)
      throw new Refusal(503, "Too many browsers look on.", { "retry-after": "10" });
    const client: Client = { response, last, isFull: false, missed: 0, failures: [] };
    this.#clients.add(client);
    response.on("close", () => this.#clients.delete(client));
    response.on("drain", () => {
      client.isFull = false;
      client.missed = 0;
      for (const failure of client.failures.splice(0)) send(client, "failure", JSON.stringify(failure));
    });
    response.writeHead(200, { "content-type": "text/event-stream", "x-accel-buffering": "no" });
    response.write("retry: 2000\n\n");
    this.#pictureOf(last).then(
      (picture) => send(client, "picture", picture),
      (error) => this.#missed(last, error),
    );
  }

  windowOver(): void {
    for (const { last } of this.#clients) this.#wanted.add(last);
    this.tick();
  }

  /** Sends the next picture that is wanted. To be called some times a second: each browser may want a time of its own. */
  tick(): void {
    const [last] = this.#wanted;
    if (last === undefined || this.#isBuilding) return;
    this.#wanted.delete(last);
    this.#isBuilding = true;
    this.#pictureOf(last)
      .then(
        (picture) => this.#show(last, picture),
        (error) => this.#missed(last, error),
      )
      .finally(() => {
        this.#isBuilding = false;
      });
  }

  /** If there was no room for it, it is wanted still. */
  #missed(last: number, error: unknown): void {
    if (error instanceof Refusal) this.#wanted.add(last);
    else this.#failed(error);
  }

  #show(last: number, picture: string): void {
    for (const client of this.#clients) {
      if (client.last === last && !isBehind(client)) send(client, "picture", picture);
    }
  }

  failure(failure: Failure): void {
    const text = JSON.stringify(failure);
    for (const client of this.#clients) {
      if (!client.isFull) send(client, "failure", text);
      else if (client.failures.push(failure) > MOST_FAILURES) client.failures.shift();
    }
  }

  doubts(doubts: Doubts): void {
    const text = JSON.stringify(doubts);
    for (const client of this.#clients) if (!client.isFull) send(client, "doubts", text);
  }

  /** Keeps connections open that have nothing to tell, and finds those that are gone. */
  beat(): void {
    for (const client of this.#clients) {
      if (!isBehind(client) && !client.response.write(": \n\n")) client.isFull = true;
    }
  }

  close(): void {
    for (const { response } of this.#clients) response.destroy();
  }
}

/** A client that does not keep up; one that never will is disconnected. */
function isBehind(client: Client): boolean {
  if (client.isFull && ++client.missed > MOST_MISSED) client.response.destroy();
  return client.isFull;
}

/** JSON has no line breaks outside of its texts, and writes those in texts as escapes. */
function send(client: Client, event: keyof LiveEvents, json: string): void {
  if (!client.response.write(`event: ${event}\ndata: ${json}\n\n`)) client.isFull = true;
}
