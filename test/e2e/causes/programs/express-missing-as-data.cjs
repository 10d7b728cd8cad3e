// Preferences that are not there are no problem; a field of the theme that does not exist is.
const express = require("express");

const { PRICES, USERS, PORT } = process.env;

const app = express();
app.get("/page", async (_request, response, next) => {
  try {
    const preferences = await fetch(`${USERS}/missing/preferences`);
    const theme = preferences.ok ? (await preferences.json()).theme : "light";
    const price = await (await fetch(`${PRICES}/ok/price`)).json();
    if (theme.colour.dark) response.json(price);
  } catch (error) {
    next(error);
  }
});

module.exports = app.listen(PORT);
