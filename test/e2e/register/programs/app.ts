// The same as TypeScript.
// @ts-expect-error: express brings no types.
import express from "express";

interface Answering {
  status(code: number): { json(body: object): void };
}

const app = express();
app.get("/pay", (_: unknown, response: Answering) => response.status(403).json({ reason: "no funds" }));
app.get("/orders/:id", async (): Promise<void> => {
  const response: Response = await fetch(`http://127.0.0.1:${server.address().port}/pay`);
  if (!response.ok) throw new TypeError("the payment was refused");
});
const server = app.listen(0, "127.0.0.1", () => process.send?.({ port: server.address().port }));
