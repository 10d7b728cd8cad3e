// The tokens that prove that a secret is known: made once per window, compared in constant time.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Secret } from "./secrets.ts";

/** Length of a window, in milliseconds. Windows are counted from the epoch, so that all hosts have the same. */
export const WINDOW_MS = 300_000;
/** RFC 2104, section 5: a code is cut to no less than half of its length. */
const TOKEN_BYTES = 16;
const TOKEN_CHARS = 22;
/** How far from now a token is looked for that is of no current window, in windows: a day. */
const FAR_WINDOWS = 288;

/** Why a key, `keyid:token`, is not accepted. */
export type KeyFault = "malformed-key" | "unknown-key-id" | "wrong-token";

/** The secrets of this service, and their keys of the windows around now. */
export class KeyRing {
  readonly #clock: Pick<Clock, "now">;
  #keys: readonly WindowKeys[];
  /** Bounds of the window that the keys were made for. */
  #from = 0;
  #until = 0;
  #signed = "";

  /** Two secrets at most, with different key ids: the first one signs, every one is accepted. Without any, no key is. */
  constructor(secrets: readonly Secret[], clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#keys = secrets.map((secret) => new WindowKeys(secret));
  }

  /** Ids of the keys; the first one signs. */
  get keyIds(): string[] {
    return this.#keys.map(({ keyId }) => keyId);
  }

  /** True when there is no secret. */
  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** Puts other secrets in the place of those that it has; false when they are the same. */
  replace(secrets: readonly Secret[]): boolean {
    const isSame =
      secrets.length === this.#keys.length && secrets.every((one, i) => this.#keys[i]?.isOf(one));
    if (isSame) return false;
    this.#keys = secrets.map((secret) => new WindowKeys(secret));
    this.#until = 0;
    return true;
  }

  /** The key to ask with now, the same string throughout a window; empty when there is no secret. */
  signed(): string {
    this.#turn();
    return this.#signed;
  }

  /** Why a key is not accepted; `undefined` where it is of a secret of ours and the window now, before or after. */
  fault(key: string): KeyFault | undefined {
    this.#turn();
    for (let i = 0; i < this.#keys.length; i++) {
      const keys = this.#keys[i] as WindowKeys;
      if (keys.isNamedBy(key)) return keys.accepts(key) ? undefined : "wrong-token";
    }
    const colon = key.indexOf(":");
    if (colon < 1 || key.length - colon - 1 !== TOKEN_CHARS) return "malformed-key";
    return "unknown-key-id";
  }

  /**
   * Windows between now and a wrong token's own, less than 0 where it is of the past; `undefined` where no secret of ours
   * made it within a day. Takes milliseconds: for a log line, once.
   */
  windowsApart(key: string): number | undefined {
    const now = Math.floor(this.#clock.now() / WINDOW_MS);
    const keys = this.#keys.find((one) => one.isNamedBy(key));
    if (keys === undefined) return undefined;
    const presented = Buffer.from(key);
    if (presented.length !== key.length) return undefined;
    for (let apart = 1; apart <= FAR_WINDOWS; apart++) {
      if (timingSafeEqual(presented, keys.make(now - apart))) return -apart;
      if (timingSafeEqual(presented, keys.make(now + apart))) return apart;
    }
    return undefined;
  }

  /** Makes the keys of another window; within one a comparison of numbers. */
  #turn(): void {
    const now = this.#clock.now();
    if (now >= this.#from && now < this.#until) return;
    const window = Math.floor(now / WINDOW_MS);
    for (const keys of this.#keys) keys.turn(window);
    this.#signed = this.#keys[0]?.signed ?? "";
    this.#from = window * WINDOW_MS;
    this.#until = this.#from + WINDOW_MS;
  }
}

/** The keys of one secret: of the window now, before and after. */
class WindowKeys {
  readonly keyId: string;
  signed = "";
  readonly #prefix: string;
  readonly #secret: KeyObject;
  readonly #encoder = new TextEncoder();
  readonly #presented: Uint8Array;
  #first = 0;
  #accepted: readonly Uint8Array[] = [];

  constructor({ keyId, secret }: Secret) {
    this.keyId = keyId;
    this.#prefix = `${keyId}:`;
    this.#secret = createSecretKey(Buffer.from(secret));
    this.#presented = new Uint8Array(this.#prefix.length + TOKEN_CHARS);
  }

  isOf({ keyId, secret }: Secret): boolean {
    return keyId === this.keyId && this.#secret.equals(createSecretKey(Buffer.from(secret)));
  }

  /** True for a key of our form with our key id, which is no secret. */
  isNamedBy(key: string): boolean {
    return key.length === this.#presented.length && key.startsWith(this.#prefix);
  }

  /** Takes as long for any token; only which window it is of can be told from the time. */
  accepts(key: string): boolean {
    const presented = this.#presented;
    // What is not ASCII takes more bytes than there are, and would leave some of the key that was here before.
    if (this.#encoder.encodeInto(key, presented).read !== presented.length) return false;
    const [before, now, after] = this.#accepted as [Uint8Array, Uint8Array, Uint8Array];
    return (
      timingSafeEqual(presented, now) ||
      timingSafeEqual(presented, before) ||
      timingSafeEqual(presented, after)
    );
  }

  /** Keeps the keys that it has already: as time goes on, one in three is new. */
  turn(window: number): void {
    const first = window - 1;
    this.#accepted = [first, window, window + 1].map(
      (one) => this.#accepted[one - this.#first] ?? this.make(one),
    );
    this.#first = first;
    this.signed = Buffer.from(this.#accepted[1] as Uint8Array).toString();
  }

  make(window: number): Uint8Array {
    const code = createHmac("sha256", this.#secret)
      .update(`x-error-tree:1:${this.#prefix}${window}`)
      .digest();
    return Buffer.from(this.#prefix + code.subarray(0, TOKEN_BYTES).toString("base64url"));
  }
}
