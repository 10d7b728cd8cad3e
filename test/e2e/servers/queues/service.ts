// A service of the queue rows. As `orders` it sends what it is asked for over HTTP; as `invoicing` it works on what comes.
import { setTimeout as sleep } from "node:timers/promises";
import { consume, replyHeaders, request } from "otel-error-tree";
import { onAsk, tell } from "../../../support/process/in-child.ts";
import { queryOf, serveTraced } from "../../../support/services-program.ts";
import type { Connect, Handle } from "./driver.ts";

const { DRIVER = "", BROKER = "", ROLE } = process.env;

class NoSuchCustomer extends Error {
  override readonly name = "NoSuchCustomer";
}

const { connect } = (await import(`./drivers/${DRIVER}.ts`)) as { readonly connect: Connect };
const queue = await connect(BROKER);

/** What becomes of a message, by its body. */
const handle: Handle = async (message, body) => {
  const work = async (): Promise<void> => {
    tell({ handling: body });
    if (body.startsWith("hang")) await new Promise(() => {});
    if (body.startsWith("slow")) await sleep(1_000);
    if (!body.startsWith("well")) throw new NoSuchCustomer(`no customer for ${body}`);
  };
  if (body.startsWith("bare")) await work();
  else await consume("process work", message, work);
};

if (ROLE === "invoicing") {
  await queue.work(handle);
  await queue.bury(async (message, body) => {
    await consume("process dead", message, () => tell({ buried: body }));
  });
  await queue.serve?.((message, body) =>
    consume("process requests", message, async () => {
      if (body.startsWith("well")) return { body: "done", headers: replyHeaders() };
      const error = new NoSuchCustomer(`no customer for ${body}`);
      return { body: error.message, headers: replyHeaders(error) };
    }),
  );
}

onAsk({ ready: () => true });
serveTraced(async (incoming, response) => {
  const { path, query } = queryOf(incoming);
  const body = query.get("body") ?? "";
  try {
    if (path === "/send") await queue.send(body);
    else await request("request invoice", async (headers) => await queue.request?.(body, headers));
    response.statusCode = path === "/request" && !body.startsWith("well") ? 502 : 202;
  } catch (error) {
    response.statusCode = 503;
    response.write(String(error));
  }
  response.end();
});
