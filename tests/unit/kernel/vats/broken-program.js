export function buildRootObject( { return
