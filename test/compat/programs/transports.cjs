// What the programs of transports do, whichever module system has loaded their packages: a shop over HTTP, and a bank that fails.
const [downstream] = process.argv.slice(2);
const { SERVER = "" } = process.env;
const QUEUE = "payments";

function noAccount(more = {}) {
  return Object.assign(new RangeError("no account is left"), more);
}

/** Answers requests; `work` rejects if the request has failed. */
function serveHttp({ http, failRequest }, status, message, work) {
  const server = http.createServer((request, response) => {
    work(request.url).then(
      () => response.end("well\n"),
      () => {
        failRequest(new RangeError(message));
        response.writeHead(status).end("it failed\n");
      },
    );
  });
  server.listen(0, "127.0.0.1", () => console.log(`listens on ${server.address().port}`));
}

function serveShop(modules, buy) {
  serveHttp(modules, 500, "the bank did not pay", buy);
}

const raw = (bytes) => bytes;
const method = (name, requestStream, responseStream) => ({
  path: `/shop.Bank/${name}`,
  requestStream,
  responseStream,
  requestSerialize: raw,
  requestDeserialize: raw,
  responseSerialize: raw,
  responseDeserialize: raw,
});
const BANK = {
  pay: method("Pay", false, false),
  collect: method("Collect", true, false),
  list: method("List", false, true),
  talk: method("Talk", true, true),
};

/** By gRPC; the path of the shop's request says by which kind of call. */
exports.startGrpc = ({ grpc, ...modules }) => {
  const failure = () => noAccount({ code: grpc.status.UNAVAILABLE });
  if (downstream === undefined) {
    const server = new grpc.Server();
    server.addService(BANK, {
      pay: (_call, reply) => reply(failure()),
      collect: (call, reply) => call.resume().on("end", () => reply(failure())),
      list: (call) => call.emit("error", failure()),
      talk: (call) => call.resume().on("end", () => call.emit("error", failure())),
    });
    const listening = (error, port) => console.log(error?.message ?? `listens on ${port}`);
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), listening);
    return;
  }
  const Client = grpc.makeGenericClientConstructor(BANK, "shop.Bank");
  const client = new Client(new URL(downstream).host, grpc.credentials.createInsecure());
  serveShop(modules, (path) => {
    const name = path.slice(1) in BANK ? path.slice(1) : "pay";
    const { requestStream, responseStream } = BANK[name];
    return new Promise((resolve, reject) => {
      const done = (error) => (error == null ? resolve() : reject(error));
      const call = client[name](
        ...(requestStream ? [] : [Buffer.from("7")]),
        ...(responseStream ? [] : [done]),
      );
      if (responseStream) call.on("error", reject).on("end", resolve).resume();
      if (requestStream) call.end(Buffer.from("7"));
    });
  });
};

/** By HTTP/2, on spans that the program makes itself. */
exports.startHttp2 = ({ http2, api, ...modules }) => {
  const { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  const tracer = trace.getTracer("transports");
  if (downstream === undefined) {
    const server = http2.createServer();
    server.on("stream", (stream, headers) => {
      const parent = propagation.extract(ROOT_CONTEXT, headers);
      const attributes = { "http.request.method": "GET", "http.route": headers[":path"] };
      const span = tracer.startSpan("GET", { kind: SpanKind.SERVER, attributes }, parent);
      stream.once("close", () => span.end());
      context.with(trace.setSpan(parent, span), () => {
        modules.failRequest(noAccount());
        stream.respond({ ":status": 503 });
        stream.end();
      });
    });
    server.listen(0, "127.0.0.1", () => console.log(`listens on ${server.address().port}`));
    return;
  }
  const { hostname, port, origin } = new URL(downstream);
  const session = http2.connect(origin);
  const attributes = {
    "http.request.method": "GET",
    "server.address": hostname,
    "server.port": Number(port),
  };
  serveShop(modules, () =>
    tracer.startActiveSpan("GET", { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const headers = { ":path": "/pay" };
      propagation.inject(context.active(), headers);
      const stream = session.request(headers);
      const status = await new Promise((resolve) => {
        stream.once("response", (head) => resolve(head[":status"]));
        stream.resume();
      });
      span.setAttribute("http.response.status_code", status);
      if (status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      if (status >= 400) throw new Error("failed");
    }),
  );
};

/** The bank has a database, by `pg`. */
exports.startDatabase = ({ pg, ...modules }) => {
  if (downstream !== undefined) {
    const { get } = modules.http;
    return serveShop(modules, async () => {
      const response = await new Promise((resolve) => get(downstream, resolve));
      response.resume();
      if (response.statusCode >= 400) throw new Error("failed");
    });
  }
  const [host, port] = SERVER.split(":");
  const { PASSWORD: password } = process.env;
  const pool = new pg.Pool({ host, port: Number(port), user: "tester", password, database: "postgres" });
  serveHttp(modules, 503, "no account is left", () => pool.query("select balance from accounts"));
};

/** The shop asks by a queue, by `amqplib`, and waits for the reply. */
exports.startQueue = async ({ amqplib, library, ...modules }) => {
  const { consume, replyHeaders, request } = library;
  const connection = await amqplib.connect(`amqp://${SERVER}`);
  const channel = await connection.createChannel();
  await channel.assertQueue(QUEUE, { durable: false });
  if (downstream === undefined) {
    await channel.consume(QUEUE, (message) =>
      consume("process payments", message, async () => {
        const { replyTo, correlationId } = message.properties;
        const headers = replyHeaders(noAccount());
        channel.sendToQueue(replyTo, Buffer.from("none"), { correlationId, headers });
        channel.ack(message);
      }),
    );
    console.log("listens on 0");
    return;
  }
  serveShop(modules, async () => {
    const { queue } = await channel.assertQueue("", { exclusive: true });
    const reply = await request("request payment", (headers) => {
      const answer = new Promise((resolve) => channel.consume(queue, resolve, { noAck: true }));
      channel.sendToQueue(QUEUE, Buffer.from("7"), { replyTo: queue, correlationId: "7", headers });
      return answer;
    });
    if (reply.content.toString() === "none") throw new Error("failed");
  });
};
