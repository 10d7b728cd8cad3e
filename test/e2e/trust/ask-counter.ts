// What one replica sees of the asks that come to it: which key signed them, and in which window by its own clock.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { FIELD, keyOf, windowAt } from "./token.ts";

/** Requests, and those among them whose token is one that counts here. */
export interface SeenAsks {
  readonly requests: number;
  readonly byKeyId: Readonly<Record<string, number>>;
  /** Tokens of the window before the replica's own, of its own, and of the one after. */
  readonly byWindow: readonly [before: number, now: number, after: number];
  /** How often the window turned between one request and the next. */
  readonly turns: number;
}

const REQUEST_START = "http.server.request.start";
const KEY = /\bk="([^":]+):([^"]*)"/;

/** Counts from its making on; it has to be made before the library, which takes the ask off the request. */
export class AskCounter {
  readonly #secrets: readonly string[];
  readonly #byKeyId: Record<string, number> = {};
  readonly #byWindow: [number, number, number] = [0, 0, 0];
  #window: number | undefined;
  #keys: readonly string[] = [];
  #requests = 0;
  #turns = 0;

  /** @param secrets the value of `OTEL_ERROR_TREE_SECRET` */
  constructor(secrets: string) {
    this.#secrets = secrets.split(",");
    subscribe(REQUEST_START, (message) => this.#see((message as { request: IncomingMessage }).request));
  }

  seen(): SeenAsks {
    return {
      requests: this.#requests,
      byKeyId: this.#byKeyId,
      byWindow: this.#byWindow,
      turns: this.#turns,
    };
  }

  #see({ headers }: IncomingMessage): void {
    this.#requests++;
    this.#turn(windowAt(Date.now()));
    const [, keyId, token] = KEY.exec(String(headers[FIELD])) ?? [];
    if (keyId === undefined) return;
    const place = this.#keys.indexOf(`${keyId}:${token}`);
    if (place < 0) return;
    this.#byKeyId[keyId] = (this.#byKeyId[keyId] ?? 0) + 1;
    this.#byWindow[place % 3] = (this.#byWindow[place % 3] ?? 0) + 1;
  }

  #turn(window: number): void {
    if (window === this.#window) return;
    if (this.#window !== undefined) this.#turns++;
    this.#window = window;
    this.#keys = this.#secrets.flatMap((secret) =>
      [window - 1, window, window + 1].map((one) => keyOf(secret, one)),
    );
  }
}
