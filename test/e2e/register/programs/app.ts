// The same as TypeScript.
import type { AddressInfo } from "node:net";
import express from "express";

const app = express();
app.get("/pay", (_, response): void => void response.status(403).json({ reason: "no funds" }));
app.get("/orders/:id", async (): Promise<void> => {
  const response: Response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pay`);
  if (!response.ok) throw new TypeError("the payment was refused");
});
const server = app.listen(0, "127.0.0.1", () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
