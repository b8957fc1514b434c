/**
 * Loaded into a process whose clock a test may step, as a wrong NTP server would: on each SIGUSR2 the wall
 * clock jumps to the next of these. The monotonic clock stays true, as it does in life.
 */
const STEPS_MS = [300_000, -300_000, 0, 90_000, -3_600_000, 0];

const TrueDate = Date;
let step = -1;

const steppedNow = () => TrueDate.now() + (step < 0 ? 0 : (STEPS_MS[step] as number));

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [steppedNow()] : given, newTarget),
  apply: () => new TrueDate(steppedNow()).toString(),
  get: (target, name) => (name === 'now' ? steppedNow : Reflect.get(target, name)),
});

process.on('SIGUSR2', () => {
  step = (step + 1) % STEPS_MS.length;
});
