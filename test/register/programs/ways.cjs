// A service that ends in the way that its argument or the path of a request names. It is given node:http, so that CommonJS and ES
// modules can load that as they do.

/** Nobody listens on the port of `discard`. */
const NOBODY = "http://127.0.0.1:9/";

/** What a program does about signals. */
const HANDLERS = {
  none() {},
  "closes, then exits": (server) => {
    process.once("SIGTERM", () => server.close(() => process.exit(3)));
  },
  "exits in its handler": () => {
    process.on("SIGTERM", () => process.exit(5));
  },
  "does nothing": () => {
    process.on("SIGTERM", () => {});
  },
  "closes, then raises it again": (server) => {
    process.once("SIGTERM", () => server.close(() => process.kill(process.pid, "SIGTERM")));
  },
  "raises it again at once": () => {
    process.once("SIGTERM", () => process.kill(process.pid, "SIGTERM"));
  },
  "is prepended, and called once": (server) => {
    process.prependOnceListener("SIGTERM", () => server.close(() => setTimeout(() => process.exit(6), 50)));
  },
  // As signal-exit does, which many command-line tools use.
  "counts the listeners": () => {
    process.on("SIGTERM", function listener() {
      if (process.listeners("SIGTERM").length !== 1) return;
      process.off("SIGTERM", listener);
      process.kill(process.pid, "SIGTERM");
    });
  },
  "counts the others once it is off the list": () => {
    process.once("SIGTERM", () => process.exit(process.listenerCount("SIGTERM") === 0 ? 3 : 4));
  },
  "counts the others a moment later": () => {
    process.once("SIGTERM", async () => {
      await null;
      await null;
      process.exit(process.listenerCount("SIGTERM") === 0 ? 3 : 4);
    });
  },
  "finds process.kill as it was": () => {
    const { kill } = process;
    process.on("SIGINT", () => {});
    process.once("SIGTERM", () => {
      process.emit("SIGINT");
      setTimeout(() => process.exit(process.kill === kill ? 3 : 4));
    });
  },
  "uses beforeExit": () => {
    process.once("beforeExit", () => {
      setTimeout(() => process.stdout.write("last work"), 100);
      process.exitCode = 8;
    });
  },
};

/** What a request makes the program do. */
const PATHS = {
  "/exit": () => process.exit(7),
  "/throw": () => setTimeout(() => Promise.resolve().then(() => undefined.length)),
  "/throw-in-timer": () =>
    setTimeout(() => {
      throw new RangeError("thrown in a timer");
    }),
  "/good": () => {},
  "/abort": () => process.abort(),
  "/done": (server) => server.close(),
  "/done-with-code": (server) => {
    process.exitCode = 9;
    server.close();
  },
};

exports.run = (http) => {
  const callNobody = () =>
    new Promise((resolve) => http.get(NOBODY).on("error", resolve).on("response", resolve));
  const server = http.createServer(async (request, response) => {
    if (request.url === "/fails") {
      await callNobody();
      response.writeHead(500).end();
    } else if (request.url === "/hangs-after-failure") {
      await callNobody();
      process.send({ failed: true });
    } else {
      response.setHeader("connection", "close").end(() => PATHS[request.url](server));
    }
  });
  server.keepAliveTimeout = 1;
  HANDLERS[process.argv[2] ?? "none"](server);
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
};
