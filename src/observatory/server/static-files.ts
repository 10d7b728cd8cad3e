// Serves the files of the page, which were read when the server started.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { extname } from "node:path";

/** What a browser may load, by the end of the file's name. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
};

/** The page loads its own files alone, runs nothing that stands in its HTML, and makes no text into markup. */
const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types obs",
].join("; ");

const NO_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>otel-error-tree observatory</title>
<h1>otel-error-tree observatory</h1>
<p>The page is not in this build. What is known is at <a href="/api/picture">/api/picture</a> and <a href="/api/failures">/api/failures</a>.</p>
`;

interface File {
  readonly type: string;
  readonly bytes: Buffer;
  readonly tag: string;
}

/** The files of a folder, by path. */
export class StaticFiles {
  readonly #files = new Map<string, File>();

  /** @param folder - if it is not there, a page says so */
  constructor(folder: URL) {
    this.#add("/", "index.html", Buffer.from(NO_PAGE));
    for (const name of namesIn(folder)) {
      const bytes = readFileSync(new URL(name, folder));
      this.#add(`/${name}`, name, bytes);
      if (name === "index.html") this.#add("/", name, bytes);
    }
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  send(path: string, response: ServerResponse, knownTag: string | undefined): void {
    const { type, bytes, tag } = this.#files.get(path) as File;
    const headers = { "content-security-policy": PAGE_POLICY, "cache-control": "no-cache", etag: tag };
    if (knownTag === tag) response.writeHead(304, headers).end();
    else
      response
        .writeHead(200, { ...headers, "content-type": type, "content-length": bytes.length })
        .end(bytes);
  }

  #add(path: string, name: string, bytes: Buffer): void {
    const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    this.#files.set(path, { type: TYPES[extname(name)] as string, bytes, tag });
  }
}

function namesIn(folder: URL): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && Object.hasOwn(TYPES, extname(entry.name)))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
