// Serves the built page with pictures, failures and trees that a test gives it.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Failure, LiveEvents, Picture, RenderedTree } from "../../../src/observatory/graph/picture.ts";
import { renderedTree } from "./trees.ts";

const PAGE = new URL("../../../dist/observatory/page/", import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};
/** As the observatory's server has it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types obs";

/** A server whose answers a test changes. */
export class FixtureServer {
  readonly #server: Server;
  readonly #live = new Set<ServerResponse>();
  picture: Picture;
  failures: Failure[];
  /** The picture of a span of the past. */
  past: (from: number, to: number) => Picture;
  treeOf: (traceId: string) => RenderedTree | undefined = renderedTree;
  token: string | undefined;
  /** Every path that was asked for. */
  readonly asked: string[] = [];

  constructor(picture: Picture, failures: readonly Failure[] = []) {
    this.picture = picture;
    this.failures = [...failures];
    this.past = (from, to) => ({ ...this.picture, from, to });
    this.#server = createServer((request, response) => void this.#answer(request, response));
    if (!existsSync(fileURLToPath(PAGE))) throw new Error("There is no built page: npm run build");
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Listens again where it did. */
  async again(address: string): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#server.listen(Number(new URL(address).port), "127.0.0.1", resolve),
    );
  }

  async close(): Promise<void> {
    for (const response of this.#live) response.destroy();
    this.#live.clear();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** How many pages follow. */
  get followers(): number {
    return this.#live.size;
  }

  /** Shows a picture from now on. */
  show(picture: Picture): void {
    this.picture = picture;
    this.send("picture", picture);
  }

  send<E extends keyof LiveEvents>(event: E, data: LiveEvents[E]): void {
    for (const response of this.#live) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    this.asked.push(pathname);
    response.setHeader("content-security-policy", POLICY);
    if (this.token !== undefined && pathname.startsWith("/api/")) {
      if (request.headers.authorization !== `Bearer ${this.token}`) {
        return json(response, 401, { error: "This observatory wants its token." });
      }
    }
    switch (pathname) {
      case "/api/live":
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`event: picture\ndata: ${JSON.stringify(this.picture)}\n\n`);
        this.#live.add(response);
        response.on("close", () => this.#live.delete(response));
        return;
      case "/api/picture": {
        const [from, to] = [searchParams.get("from"), searchParams.get("to")];
        return json(
          response,
          200,
          from === null || to === null ? this.picture : this.past(Number(from), Number(to)),
        );
      }
      case "/api/failures":
        return json(response, 200, this.failures);
      case "/api/render":
        return this.#render(request, response);
      default:
        if (pathname.startsWith("/api/failures/"))
          return this.#tree(pathname.split("/").at(-1) ?? "", response);
        return file(pathname, response);
    }
  }

  async #render(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    if (text.startsWith(":")) return json(response, 200, renderedTree("", "GET /pasted"));
    json(response, 422, { error: `This is no tree: ${text}` });
  }

  #tree(traceId: string, response: ServerResponse): void {
    const tree = this.treeOf(traceId);
    json(response, tree === undefined ? 404 : 200, tree ?? { error: "There is no such failure." });
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function file(pathname: string, response: ServerResponse): void {
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  const place = new URL(name, PAGE);
  if (!/^[\w.-]+$/.test(name) || !existsSync(fileURLToPath(place))) return void response.writeHead(404).end();
  response
    .writeHead(200, { "content-type": TYPES[extname(name)] ?? "text/plain" })
    .end(readFileSync(fileURLToPath(place)));
}
