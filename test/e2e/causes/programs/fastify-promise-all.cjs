// Two calls side by side: recommendations are optional and fail first, the user is needed.
const { fastify } = require("fastify");
const axios = require("axios");

const { ADS, USERS, PORT } = process.env;

const app = fastify();
app.get("/home", async () => {
  const [user, recommended] = await Promise.all([
    axios.get(`${USERS}/busy/me?after=30`).then(({ data }) => data),
    axios.get(`${ADS}/fails/recommended`).then(
      ({ data }) => data,
      () => [],
    ),
  ]);
  return { user, recommended };
});

app.listen({ port: Number(PORT) });
module.exports = app.server;
