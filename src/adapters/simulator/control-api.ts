/** `/control/*`: what the providers believe, and what shall go wrong. */
import type { ServerResponse } from 'node:http';
import {
  type ProviderWire,
  type SimulatedCharge,
  statusAt,
  type WireRequest,
} from '../../domain/simulator.ts';
import { sendJson, sendStream } from './answers.ts';
import type { ChargeBook } from './charge-book.ts';
import type { FaultEngine } from './fault-engine.ts';
import { readFaultPlan } from './fault-plan.ts';
import { readPeriod, statementOf } from './statement.ts';

/** Charges written at once: a full book is streamed, not built in memory. */
const CHARGES_PER_CHUNK = 500;
const STATEMENTS = '/statements/';

export interface ControlApiOptions {
  faults: FaultEngine;
  book: ChargeBook;
  wires: readonly ProviderWire[];
  /** Seed of a plan that brings none. */
  seed: number;
  nowMs: () => number;
}

function shown(charge: SimulatedCharge, nowMs: number) {
  const { provider, reference, externalId, msisdn, amount, currency, requests } = charge;
  const status = statusAt(charge, nowMs);
  return { provider, reference, externalId, msisdn, amount, currency, status, requests };
}

function* listing(book: ChargeBook, nowMs: () => number): Generator<string> {
  const charges = book.all();
  let separator = '';
  yield '{"charges":[';
  for (;;) {
    // A map's iterator has no `return`, so `take` leaves it where it stopped.
    const chunk = charges.take(CHARGES_PER_CHUNK).toArray();
    if (chunk.length === 0) break;
    yield separator + chunk.map((charge) => JSON.stringify(shown(charge, nowMs()))).join();
    separator = ',';
  }
  yield ']}';
}

export function makeControlApi(options: ControlApiOptions) {
  const { faults, book, wires, seed, nowMs } = options;
  const providers = wires.map(({ name }) => name);
  const noFaults = { seed, rules: [] };

  function putFaults(body: string, response: ServerResponse) {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return sendJson(response, 400, { code: 'json-invalid', detail: 'the body is not JSON' });
    }
    const read = readFaultPlan(value, { providers, seed });
    if (!read.ok) return sendJson(response, 400, { code: 'faults-invalid', detail: read.detail });
    faults.set(read.plan);
    sendJson(response, 200, read.plan);
  }

  /** Only reads: what has been taken stays as it is, and no fault fires. */
  function getStatement(mount: string, query: string, response: ServerResponse) {
    const wire = wires.find((one) => one.mount === mount);
    const period = readPeriod(query);
    if (wire === undefined || period === null) {
      const detail = `GET /statements/{${wires.map((one) => one.mount).join()}}?from=&to=, RFC 3339`;
      return sendJson(response, wire ? 400 : 404, { code: 'statement-invalid', detail });
    }
    sendStream(response, statementOf(wire, book, period, nowMs), 'text/csv; charset=utf-8');
  }

  return ({ method, path, query = '', headers, body }: WireRequest, response: ServerResponse) => {
    // A page of another origin can send simple requests to this machine without being asked.
    if (headers.origin !== undefined) {
      return sendJson(response, 403, { code: 'forbidden', detail: 'not from a browser' });
    }
    if (method === 'GET' && path.startsWith(STATEMENTS)) {
      return getStatement(path.slice(STATEMENTS.length), query, response);
    }
    switch (`${method} ${path}`) {
      case 'GET /charges':
        return sendStream(response, listing(book, nowMs));
      case 'GET /faults':
        return sendJson(response, 200, { fired: faults.fired() });
      case 'PUT /faults':
        return putFaults(body, response);
      case 'DELETE /faults':
        faults.clear();
        return sendJson(response, 200, noFaults);
      case 'POST /reset':
        faults.clear();
        book.clear();
        return sendJson(response, 200, noFaults);
      default: {
        const detail =
          'GET /charges, GET /statements/{provider}, GET, PUT or DELETE /faults, POST /reset';
        return sendJson(response, 404, { code: 'not-found', detail });
      }
    }
  };
}
