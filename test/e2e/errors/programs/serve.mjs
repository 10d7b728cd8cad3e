// Serves an Express application on a free port, tells the test where, and ends with it.
export function serve(app) {
  process.once("disconnect", () => process.exit());
  const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
}

/** Calls the next service of the chain, which the first argument of the program names. */
export async function next(path) {
  const response = await fetch(process.argv[2] + path);
  if (!response.ok) throw new Error(`${path.split("/")[1]} answered ${response.status}`);
}
