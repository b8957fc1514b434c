/**
 * How a double is reached. In a contract suite the effect happens at once; in the simulation the scheduler
 * says when, whether the request or its answer is lost, and whether the caller still lives.
 */
export interface Wire {
  call<T>(what: string, effect: () => T): Promise<T>;
}

export const directWire: Wire = {
  async call(_, effect) {
    return effect();
  },
};
