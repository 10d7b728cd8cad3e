// Makes and checks the tokens that prove that a caller knows the secret: made once per window, compared in constant time.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Secret } from "./secrets.ts";

/** Length of a window, in milliseconds. Windows are counted from the epoch, so that they are the same on all hosts. */
export const WINDOW_MS = 300_000;
/** Half of the HMAC: RFC 2104, section 5, allows no less. */
const TOKEN_BYTES = 16;
const TOKEN_CHARS = 22;
/** How far from now the window of a wrong token is searched for: one day, in windows. */
const FAR_WINDOWS = 288;

/** Why a key, `keyid:token`, is not accepted. */
export type KeyFault = "malformed-key" | "unknown-key-id" | "wrong-token";

/** The secrets of this service, with their keys for the window now, the one before and the one after. */
export class KeyRing {
  readonly #clock: Pick<Clock, "now">;
  #keys: readonly WindowKeys[];
  /** Start and end of the window that the keys were made for. */
  #from = 0;
  #until = 0;
  #signed = "";

  /** Takes two secrets at most, with different key ids: the first one signs, both are accepted. Without one no key is accepted. */
  constructor(secrets: readonly Secret[], clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#keys = secrets.map((secret) => new WindowKeys(secret));
  }

  /** The key ids; the first key signs. */
  get keyIds(): string[] {
    return this.#keys.map(({ keyId }) => keyId);
  }

  /** True if there is no secret. */
  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** Replaces all secrets; false if they are the same as before. */
  replace(secrets: readonly Secret[]): boolean {
    const isSame =
      secrets.length === this.#keys.length && secrets.every((one, i) => this.#keys[i]?.isOf(one));
    if (isSame) return false;
    this.#keys = secrets.map((secret) => new WindowKeys(secret));
    this.#until = 0;
    return true;
  }

  /** The key for our own asks, the same string throughout a window; empty if there is no secret. */
  signed(): string {
    this.#turn();
    return this.#signed;
  }

  /** Why a key is not accepted; `undefined` if one of our secrets made it for the window now, the one before or the one after. */
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
   * How many windows a wrong token is away from now, negative if it is of the past; `undefined` if none of our secrets made
   * it within a day. Takes milliseconds: for one log line only.
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

  /** Makes new keys if another window has begun; otherwise it only compares numbers. */
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

/** The keys of one secret for the window now, the one before and the one after. */
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

  /** True for a key with our key id and of the right length. A key id is not secret. */
  isNamedBy(key: string): boolean {
    return key.length === this.#presented.length && key.startsWith(this.#prefix);
  }

  /** Compares in constant time: how long it takes shows only which window the token is of. */
  accepts(key: string): boolean {
    const presented = this.#presented;
    // Text that is not ASCII does not fit, and would leave bytes of an earlier key in the buffer.
    if (this.#encoder.encodeInto(key, presented).read !== presented.length) return false;
    const [before, now, after] = this.#accepted as [Uint8Array, Uint8Array, Uint8Array];
    return (
      timingSafeEqual(presented, now) ||
      timingSafeEqual(presented, before) ||
      timingSafeEqual(presented, after)
    );
  }

  /** Makes the keys that are missing: when the next window begins, two of three are known already. */
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
