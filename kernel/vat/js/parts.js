/* Parts: objects that come and go with the one they belong to.
 *
 * A presence is collected and made again, and with it the face it inherits from; a durable object's
 * context and state too. Whoever keeps such a part must find the same one when the object comes
 * again: so a part holds its owner, by a field that nobody else can see or name. (A WeakMap will not
 * do: the engine's holds a value that leads to its own key for ever.)
 *
 * Adds to the realm: parts
 *   partNames   of all parts
 *   Given    a base class: the derived one's fields are added to an object that is there already
 *   makePart(object, name, owner)   make it one; owner undefined: of what never comes again
 *   isPart(object, name)
 *   ownerOf(part, name)    undefined for what is no such part
 *   partOf(object)         { owner, name } of a part that has an owner; undefined for all else
 */
(realm => {
  'use strict';

  const Given = function (object) {
    return object;
  };

  const partNames = ['face', 'context', 'state'];

  class Part extends Given {
    #name;
    #owner;

    constructor(object, name, owner) {
      super(object);
      this.#name = name;
      this.#owner = owner;
    }

    static isPart(object, name) {
      return #name in object && object.#name === name;
    }

    static ownerOf(object, name) {
      return #name in object && object.#name === name ? object.#owner : undefined;
    }

    static partOf(object) {
      if (!(#name in object) || object.#owner === undefined) return undefined;
      return { owner: object.#owner, name: object.#name };
    }
  }

  const { isPart, ownerOf, partOf } = Part;
  const makePart = (object, name, owner) => new Part(object, name, owner);

  return { ...realm, parts: { Given, partNames, makePart, isPart, ownerOf, partOf } };
})
