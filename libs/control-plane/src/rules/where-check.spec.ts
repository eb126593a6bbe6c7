import type { JsonObject } from '#canonical';
import { checkWhere } from './where-check.js';

const pointers = (where: JsonObject) => checkWhere(where, '/match/where').map(({ pointer }) => pointer);

describe('checkWhere', () => {
  it.each([
    {},
    { event: 'signup' },
    { 'properties.plan': { $ne: 'free' } },
    { 'properties.price': { $gte: 10, $lt: 20.5 } },
    { 'properties.plan': { $in: ['a', 'b', null, true, 5] } },
    { 'properties.tags': { $all: ['a'], $size: 2 } },
    { 'properties.items': { $elemMatch: { sku: 'x', price: { $gt: 5 } } } },
    { 'properties.scores': { $elemMatch: { $gt: 5, $lt: 9 } } },
    { user_id: { $exists: true } },
    { user_id: null },
    { event: { $not: { $regex: '^test_', $options: 'i' } } },
    { $or: [{ event: 'a' }, { $and: [{ event: 'b' }, { $nor: [{ user_id: 'x' }] }] }] },
  ])('takes %j', (where) => {
    expect(checkWhere(where as JsonObject, '')).toEqual([]);
  });

  it.each<[JsonObject, readonly string[]]>([
    [{ $where: 'this.a' }, ['/match/where/$where']],
    [{ $expr: {} }, ['/match/where/$expr']],
    [{ $and: [{ $or: [{ $where: 'x' }] }] }, ['/match/where/$and/0/$or/0/$where']],
    [{ a: { $where: 'x' } }, ['/match/where/a/$where']],
    [{ a: { $not: { $where: 'x' } } }, ['/match/where/a/$not/$where']],
    [{ a: { $elemMatch: { $where: 'x' } } }, ['/match/where/a/$elemMatch/$where']],
    [{ a: { $elemMatch: { b: { $function: 'x' } } } }, ['/match/where/a/$elemMatch/b/$function']],
    [{ a: { $type: 'string' }, b: { $mod: [1, 0] } }, ['/match/where/a/$type', '/match/where/b/$mod']],
    [{ a: { b: 1 } }, ['/match/where/a/b']],
    [{ a: {} }, ['/match/where/a']],
    [{ a: [1] }, ['/match/where/a']],
    [{ a: { $in: 'x' } }, ['/match/where/a/$in']],
    [{ a: { $in: [] } }, ['/match/where/a/$in']],
    [{ a: { $in: [{ $where: 'x' }] } }, ['/match/where/a/$in/0']],
    [{ a: { $gt: null } }, ['/match/where/a/$gt']],
    [{ a: { $exists: 1 } }, ['/match/where/a/$exists']],
    [{ a: { $size: -1 } }, ['/match/where/a/$size']],
    [{ a: { $eq: { b: 1 } } }, ['/match/where/a/$eq']],
    [{ a: { $regex: 5 } }, ['/match/where/a/$regex']],
    [{ a: { $regex: '(a+)+' } }, ['/match/where/a/$regex']],
    [{ a: { $options: 'i' } }, ['/match/where/a/$options']],
    [{ $and: [] }, ['/match/where/$and']],
    [{ $or: { a: 1 } }, ['/match/where/$or']],
    [{ $or: [5] }, ['/match/where/$or/0']],
    [{ 'a..b': 1 }, ['/match/where/a..b']],
    [{ '': 1 }, ['/match/where/']],
    [{ 'a/b': { $bad: 1 } }, ['/match/where/a~1b/$bad']],
    [{ 'a.__proto__.b': 1 }, ['/match/where/a.__proto__.b']],
    [{ a: 'x'.repeat(1_001) }, ['/match/where/a']],
    [{ a: { $in: Array.from({ length: 251 }, (_, index) => index) } }, ['/match/where/a/$in']],
    [{ a: { $in: Array.from({ length: 600 }, (_, index) => index) } }, ['/match/where']],
  ])('refuses %j', (where, expected) => {
    expect(pointers(where)).toEqual(expected);
  });

  it('refuses depth without walking into it', () => {
    const deep = JSON.parse(`${'{"$and":['.repeat(50_000)}{}${']}'.repeat(50_000)}`) as JsonObject;
    expect(checkWhere(deep, '')).toEqual([{ pointer: '', message: 'must not be nested deeper than 8 levels' }]);
  });
});
