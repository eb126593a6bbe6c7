import { MalformedYamlError, readYaml, writeYaml } from './yaml.js';

const reasonOf = (text: string): string => {
  try {
    readYaml(text);
  } catch (error) {
    if (error instanceof MalformedYamlError) return error.message;
    throw error;
  }
  return 'none';
};

describe('YAML', () => {
  it('is read as the values that JSON has', () => {
    const text = 'list:\n  - a: 2026-01-01\n    b: yes\n    c: 1\n    d: null\n    e: true\n  - ${NAME}\n# end\n';
    expect(readYaml(text)).toEqual({
      list: [{ a: '2026-01-01', b: 'yes', c: 1, d: null, e: true }, '${NAME}'],
    });
  });

  it('includes JSON, indented by tabs or not', () => {
    expect(readYaml('\ufeff{\n\t"a": [1, {"b": "\\u00e9\\/"}],\n\t"c": "http://x"\n}')).toEqual({
      a: [1, { b: 'é/' }],
      c: 'http://x',
    });
  });

  it('may repeat a part by an alias', () => {
    expect(readYaml('a: &x [1]\nb: *x')).toEqual({ a: [1], b: [1] });
  });

  it('is null where there is nothing', () => {
    expect(readYaml('')).toBeNull();
  });

  it.each([
    ['a: 1\na: 2', 'Map keys must be unique, in line 2, column 1'],
    ['a: !shell rm', 'Unresolved tag: !shell, in line 1, column 4'],
    ['a: 1\nb: .inf', 'numbers must be finite, in line 2, column 4'],
    ['? [a, b]\n: 1', 'With stringKeys, all keys must be strings, in line 1, column 3'],
    ['a: 1\n---\nb: 2', 'it holds several documents'],
    ['a: *nothing', 'Unresolved alias (the anchor must be set before the alias): nothing'],
    ['a: &a [1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]', 'Excessive alias'],
  ])('refuses %j', (text, reason) => {
    expect(reasonOf(text)).toContain(reason);
  });

  it.each(['[', '{a: ', '- ', '? '])('refuses what opens more than any configuration does: %s', (opening) => {
    expect(reasonOf(opening.repeat(100_000))).toContain('it is nested too deep');
  });

  it('never quotes what stands in the text', () => {
    expect(reasonOf('key: "hunter2\nother: hunter2')).not.toContain('hunter2');
  });

  it('never holds a prototype', () => {
    const value = readYaml('__proto__: {polluted: 1}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Reflect.get(value, 'polluted')).toBeUndefined();
  });

  it('comes back as it was written', () => {
    const shared = { maxEvents: 1 };
    const value = { a: [shared, shared], b: 'no', c: '1', d: '…cd12', e: 'x'.repeat(200), f: '# a: [', g: null };
    const text = writeYaml(value);
    expect(text).not.toContain('&');
    expect(readYaml(text)).toEqual(value);
  });
});
