// The page of the shop: a button for each failure, and the same by curl.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { FAILURES, type Failure } from "./failures.ts";
import { reportOf } from "./report.ts";
import type { Shop } from "./shop.ts";

const LOOPBACK = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/i;

/** Switches failures on and off, one at a time, in the order in which it is told to. */
export class Menu {
  readonly #shop: Shop;
  #on: Failure | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  /** What is on and stays so. */
  get on(): string | undefined {
    return this.#on?.name;
  }

  /** Switches a failure on, and no other; orders what meets it, and tells what became of that. */
  meet(failure: Failure): Promise<string> {
    return this.#next(async () => {
      await this.#off();
      if (failure.on !== undefined) {
        this.#on = failure;
        await failure.on(this.#shop);
      }
      return await reportOf(this.#shop, failure, await failure.meet(this.#shop));
    });
  }

  /** Puts everything right. */
  off(): Promise<string> {
    return this.#next(async () => {
      await this.#off();
      return "all is well\n";
    });
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #off(): Promise<void> {
    const failure = this.#on;
    this.#on = undefined;
    await failure?.off?.(this.#shop);
  }
}

/** The page, and what its buttons and curl ask for. */
export function pageOf(menu: Menu, shop: Shop): RequestListener {
  return (request, response) => {
    answer(menu, shop, request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
      response.end(`${error.message}\n`);
    });
  };
}

async function answer(
  menu: Menu,
  shop: Shop,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = "/" } = request;
  // Another name that leads to this machine may be that of a site, whose pages then have our origin. The shop listens nowhere else.
  if (!LOOPBACK.test(request.headers.host ?? "")) {
    response.writeHead(403).end("use localhost or 127.0.0.1\n");
    return;
  }
  const [, name] = /^\/failures\/([\w-]+)$/.exec(url) ?? [];
  const failure = FAILURES.find((one) => one.name === name);
  if (url === "/" && method === "GET") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(htmlOf(shop));
    return;
  }
  response.setHeader("content-type", "text/plain; charset=utf-8");
  // A form of another site could press buttons; a page that may not read our answers cannot set this field.
  if (method === "POST" && request.headers.origin !== undefined && !isOwn(request))
    response.writeHead(403).end();
  else if (method === "POST" && failure !== undefined) response.end(await menu.meet(failure));
  else if ((method === "DELETE" && failure !== undefined) || (method === "DELETE" && url === "/failures"))
    response.end(await menu.off());
  else if (url === "/failures" && method === "GET")
    response.end(
      FAILURES.map((one) => `${one.name === menu.on ? "*" : " "} ${one.name.padEnd(17)}${one.what}\n`).join(
        "",
      ),
    );
  else response.writeHead(404).end("there is GET /failures, POST and DELETE /failures/NAME\n");
}

function isOwn({ headers }: IncomingMessage): boolean {
  return headers.origin === `http://${headers.host}`;
}

function htmlOf({ observatoryUrl, storefrontUrl, jaegerUrl }: Shop): string {
  const buttons = FAILURES.map(
    ({ name, what }) => `<tr><td><button data-name="${name}">${name}</button><td>${what}`,
  ).join("\n");
  const jaeger =
    jaegerUrl === undefined ? "no Jaeger here" : `query API of Jaeger: <code>${jaegerUrl}</code>`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>the shop</title><link rel="icon" href="data:,">
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; max-width: 75em }
  td { padding: 0.15em 1em 0.15em 0 } button { width: 11em; text-align: left }
  button[aria-pressed=true] { font-weight: bold; outline: 2px solid #b42318 }
  pre { background: #f4f4f4; padding: 1em; white-space: pre-wrap; overflow-wrap: anywhere }
</style>
<h1>The shop</h1>
<p><a href="${observatoryUrl}">observatory</a> · ${jaeger} · orders: <code>POST ${storefrontUrl}/orders</code></p>
<table>${buttons}
<tr><td><button data-name="">all well again</button><td>ends what stays on, which is the button with a frame</table>
<pre aria-live="polite">Choose what is to go wrong. It takes a few seconds, up to twenty if a circuit breaker has to close before.</pre>
<script type="module">
  const out = document.querySelector("pre");
  const buttons = [...document.querySelectorAll("button")];
  const showOn = async () => {
    const lines = (await (await fetch("/failures")).text()).split("\\n");
    const on = lines.find((line) => line.startsWith("*"))?.split(" ")[1];
    for (const button of buttons) button.ariaPressed = String(button.dataset.name === on);
  };
  for (const button of buttons) {
    button.onclick = async () => {
      const { name } = button.dataset;
      for (const one of buttons) one.disabled = true;
      out.textContent = button.textContent + " …";
      try {
        const answer = await fetch(name ? "/failures/" + name : "/failures", { method: name ? "POST" : "DELETE" });
        out.textContent = await answer.text();
        await showOn();
      } catch {
        out.textContent = "The shop does not answer. Is it still running?";
      }
      for (const one of buttons) one.disabled = false;
    };
  }
  await showOn();
</script>
</html>
`;
}
