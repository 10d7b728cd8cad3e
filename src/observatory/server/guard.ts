// Decides who may talk to the observatory: by its token, by the name it was called by, by the page that a request comes from.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** Whom a server takes requests from. */
export interface GuardOptions {
  /** What everybody has to show; without it only this machine may connect, which whoever listens has to see to. */
  readonly token?: string | undefined;
  /** The name or address that it listens at. */
  readonly host: string;
}

/** The cookie that holds the token: `EventSource` sends no other header. */
const COOKIE = "otel_error_tree_observatory";

const LOCAL: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Checks requests before anything of them is read. */
export class Guard {
  readonly #token: Buffer | undefined;
  readonly #host: string;

  constructor({ token, host }: GuardOptions) {
    this.#token = token === undefined ? undefined : digest(token);
    this.#host = host.toLowerCase();
  }

  /**
   * @param isPublic - the files of the page, in which there is nothing to hide
   * @throws Refusal if the request is not answered
   */
  check(request: IncomingMessage, isPublic: boolean): void {
    checkOrigin(request);
    if (this.#token === undefined) this.#checkHost(request.headers.host);
    else if (!isPublic && !this.#shows(request))
      throw new Refusal(
        401,
        "This observatory wants its token: open the address that it printed, or send it as Authorization: Bearer TOKEN.",
        {
          "www-authenticate": "Bearer",
        },
      );
  }

  /**
   * The fields that let a browser in that shows the token in its address; `undefined` if there is none in it.
   *
   * @throws Refusal if it is another one
   */
  enter(token: string | null): Readonly<Record<string, string>> | undefined {
    if (token === null || this.#token === undefined) return undefined;
    if (!this.#is(token)) throw new Refusal(401, "This is not the token of this observatory.");
    const value = encodeURIComponent(token);
    return { "set-cookie": `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict`, location: "/" };
  }

  /** A page of others may have given its name the address of this machine. With a token it shows no cookie of ours. */
  #checkHost(host: string | undefined): void {
    const name = (host ?? "").toLowerCase().replace(/:\d+$/, "");
    if (LOCAL.has(name) || name === this.#host || name === `[${this.#host}]`) return;
    throw new Refusal(
      403,
      "This observatory answers to localhost alone. For another name, start it with a token.",
    );
  }

  #shows({ headers }: IncomingMessage): boolean {
    const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
    if (bearer !== undefined) return this.#is(bearer);
    for (const pair of (headers.cookie ?? "").split(";")) {
      const [name, value] = pair.split("=", 2);
      if (name?.trim() === COOKIE && value !== undefined && this.#is(decoded(value.trim()))) return true;
    }
    return false;
  }

  /** Takes as long whatever the text is. */
  #is(text: string): boolean {
    return this.#token !== undefined && timingSafeEqual(this.#token, digest(text));
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Pages of others may open this one, and do nothing else. */
function checkOrigin({ headers }: IncomingMessage): void {
  const { origin, host = "" } = headers;
  const site = headers["sec-fetch-site"];
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  const isForeign = site !== undefined && site !== "same-origin" && site !== "none";
  if (isOwn && (!isForeign || headers["sec-fetch-mode"] === "navigate")) return;
  throw new Refusal(403, "Requests from other pages are not answered.");
}
