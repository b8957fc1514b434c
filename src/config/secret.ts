import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** A value that prints as redacted wherever it ends up; `reveal` is the one way to it. */
export class Secret<T> {
  readonly #variable: string;
  readonly #value: T | undefined;

  /** `undefined`: the role does not need it and nobody set it. */
  constructor(variable: string, value: T | undefined) {
    this.#variable = variable;
    this.#value = value;
  }

  get isSet(): boolean {
    return this.#value !== undefined;
  }

  /** Throws when it is not set: a role uses a secret that it does not list among its needs. */
  reveal(): T {
    if (this.#value === undefined) throw new Error(`${this.#variable} is not set for this role`);
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
