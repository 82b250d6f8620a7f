// What an API that verifies with express-oauth2-jwt-bearer says to TOKEN; prints one line of JSON.
import express from "express";
import { auth } from "express-oauth2-jwt-bearer";

const { ISSUER, AUDIENCE, TOKEN } = process.env;
const app = express();
app.get("/", auth({ issuerBaseURL: ISSUER, audience: AUDIENCE }), (request, response) => response.json(request.auth.payload));
app.use((error, _request, response, _next) => response.status(error.status || 500).json({ error: error.message }));
const server = app.listen(0, "127.0.0.1", async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, { headers: { authorization: `Bearer ${TOKEN}` } });
  console.log(JSON.stringify({ status: answer.status, body: await answer.json() }));
  process.exit(0);
});
