import http from "node:http";

// Whoever asks itself leaves spans, and asks once more at its end.
let rounds = 0;
function ask() {
  const server = http.createServer((_, response) =>
    response.setHeader("connection", "close").writeHead(500).end(),
  );
  server.listen(0, "127.0.0.1", () => {
    http.get({ port: server.address().port, agent: false }, (response) => {
      process.stdout.write(`${response.statusCode}\n`);
      response.resume();
      server.close();
    });
  });
}

process.on("beforeExit", () => {
  process.stdout.write("bye\n");
  if (++rounds === 1) ask();
});
ask();
