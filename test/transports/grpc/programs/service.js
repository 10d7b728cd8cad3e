// What the service does, however its modules are loaded.

const raw = (bytes) => bytes;
const METHOD = {
  path: "/shop.Cart/Pay",
  requestStream: false,
  responseStream: false,
  requestSerialize: raw,
  requestDeserialize: raw,
  responseSerialize: raw,
  responseDeserialize: raw,
};

/** Serves both, and tells the port. */
export function start(grpc, http) {
  const audit = (_, call) =>
    new grpc.ServerInterceptingCall(call, {
      sendStatus: (status, next) => {
        if (status.metadata?.get("internal").length > 0) status.metadata.set("audit", "seen");
        status.metadata?.remove("internal");
        next(status);
      },
    });
  const server = new grpc.Server({ interceptors: [audit] });
  server.addService(
    { pay: METHOD },
    {
      pay: (call, callback) => {
        const trailers = new grpc.Metadata();
        trailers.set("cost", "3");
        const wanted = String(call.request);
        if (wanted.startsWith("audited")) trailers.set("internal", "secret");
        if (wanted.endsWith("well")) callback(null, call.request, trailers);
        else if (wanted.endsWith("refused")) callback({ code: 9, details: "sold out" }, null, trailers);
        else throw new RangeError("the card was refused");
      },
    },
  );
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => {
    const Client = grpc.makeGenericClientConstructor({ pay: METHOD }, "shop.Cart");
    const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const web = http.createServer((request, response) => {
      let trailers;
      client
        .pay(Buffer.from(request.url.slice(1)), (error) => {
          setImmediate(() => {
            response.statusCode = error ? 502 : 200;
            response.end(JSON.stringify(trailers));
          });
        })
        .on("status", ({ metadata }) => {
          trailers = metadata.getMap();
        });
    });
    web.listen(0, "127.0.0.1", () => {
      process.once("disconnect", () => process.exit());
      process.send({ port: web.address().port });
    });
  });
}
