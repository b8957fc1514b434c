/** Payments at a steady rate, and the history that the books are compared with afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shop } from './payments.ts';

export interface Load {
  /** Stops sending, waits for what is under way. */
  end(): Promise<History>;
}

export interface History {
  sent: number;
  /** Id of each payment that was accepted. */
  accepted: string[];
  /** Everything that a merchant would have to explain to a customer. */
  errors: string[];
}

/** `name` makes the keys of this load its own. */
export function startLoad(shop: Shop, name: string, perSecond: number): Load {
  const history: History = { sent: 0, accepted: [], errors: [] };
  const underWay = new Set<Promise<void>>();
  let isOver = false;

  async function pay(number: number): Promise<void> {
    const payer = { msisdn: `+26097${String(1_000_000 + number).padStart(7, '0')}` };
    try {
      const payment = { amount: '20.00', currency: 'ZMW', payer };
      const { status, body } = await shop.pay(`${name}-${number}`, payment);
      if (status === 202 || status === 200) history.accepted.push(String(body.id));
      else history.errors.push(`${status} ${JSON.stringify(body)}`);
    } catch (error) {
      history.errors.push((error as Error).message);
    }
  }

  const sending = (async () => {
    const startedAt = performance.now();
    while (!isOver) {
      history.sent += 1;
      const paying = pay(history.sent).finally(() => underWay.delete(paying));
      underWay.add(paying);
      // By the clock and not by the answers: a slow answer must not thin the load.
      await sleep(Math.max(0, startedAt + (history.sent * 1000) / perSecond - performance.now()));
    }
  })();

  return {
    async end() {
      isOver = true;
      await sending;
      await Promise.all(underWay);
      return history;
    },
  };
}
