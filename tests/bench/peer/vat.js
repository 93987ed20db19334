/* A SwingSet vat whose source comes as a parameter, with the globals that ours has. */
import { E, Far } from '@endo/far';

export const buildRootObject = (vatPowers, { source, parameters }, baggage) => {
  const globals = { E, Far, harden, console, assert, baggage };
  const build = new Compartment(globals).evaluate(source);
  return build(vatPowers, parameters, baggage);
};
