// Express as its first page shows it, answering a constant of the size of our own answers.
import express from 'express';

const app = express();
const answer = JSON.parse(process.env.ANSWER ?? '{}');
const status = Number(process.env.STATUS ?? 200);

app.post('/v1/pay', (_request, response) => {
  response.status(status).json(answer);
});
app.get('/healthz', (_request, response) => {
  response.send('ok');
});
app.listen(Number(process.env.PORT), '127.0.0.1');
