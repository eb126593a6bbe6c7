/** Addresses of the machine's surroundings, each tried in every spelling below. */
const INSIDE: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0, 0],
  [10, 0, 0, 1],
  [100, 64, 0, 1],
  [127, 0, 0, 1],
  [169, 254, 169, 254],
  [169, 254, 170, 2],
  [172, 16, 0, 1],
  [192, 168, 0, 1],
  [198, 18, 0, 1],
];

type Octets = (typeof INSIDE)[number];

const hex = (value: number, digits = 1): string => value.toString(16).padStart(digits, '0');
const halves = ([a, b, c, d]: Octets): string => `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
const whole = ([a, b, c, d]: Octets): number => ((a * 256 + b) * 256 + c) * 256 + d;
const dotted = (octets: Octets): string => octets.join('.');
const inDigits = (octets: Octets, zero: string): string =>
  dotted(octets).replace(/\d/g, (digit) => String.fromCodePoint((zero.codePointAt(0) ?? 0) + Number(digit)));

/** Hosts as a URL may spell one IPv4 address. */
function spellings(octets: Octets): readonly string[] {
  const [a, b, c, d] = octets;
  return [
    dotted(octets),
    `${dotted(octets)}.`,
    String(whole(octets)),
    `0x${hex(whole(octets), 8)}`,
    `0${whole(octets).toString(8)}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    octets.map((octet) => `0x${hex(octet)}`).join('.'),
    octets.map((octet) => `0X${hex(octet, 4)}`).join('.'),
    octets.map((octet) => `0${octet.toString(8)}`).join('.'),
    octets.map((octet) => `%3${[...String(octet)].join('%3')}`).join('.'),
    octets.join('。'),
    octets.join('．'),
    inDigits(octets, '０'),
    inDigits(octets, '𝟎'),
    `[::ffff:${dotted(octets)}]`,
    `[::ffff:${halves(octets)}]`,
    `[0:0:0:0:0:FFFF:${halves(octets)}]`,
    `[::${dotted(octets)}]`,
    `[::ffff:0:${dotted(octets)}]`,
    `[64:ff9b::${dotted(octets)}]`,
    `[64:ff9b::${halves(octets)}]`,
    `[64:ff9b:1::${dotted(octets)}]`,
    `[2002:${halves(octets)}::]`,
    `[2002:${halves(octets)}::1]`,
    `[2001:0:${halves(octets)}::1]`,
  ];
}

const OTHER_URLS: readonly string[] = [
  // Every part of IPv6 that is not the public internet.
  ...['::', '::1', '0:0:0:0:0:0:0:1', '100::1', '2001::1', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1'],
  ...['2001:0:4136:e378:8000:63bf:3fff:fdd2', '3fff::1', '4000::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1'],
  ...['febf::1', 'fec0::1', 'ff02::1', 'ff0e::1', 'fe80::1%25eth0', 'fe80::1%eth0', '::1%25lo'],
].map((host) => (host.includes('://') ? host : `https://[${host}]:8443/`));

const NAMED_URLS: readonly string[] = [
  'http://localhost/',
  'http://LOCALHOST:8080/',
  'http://localhost./',
  'http://localhost../',
  'http://api.localhost/',
  'http://localhost.localdomain/',
  'http://ⓛocalhost/',
  'http://ｌocalhost/',
  'http://loc%61lhost/',
  'http://local\thost/',
  'http://ip6-localhost/',
  'http://ip6-loopback/',
  'http://metadata/',
  'http://metadata./',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://METADATA.google.internal./',
  'http://metadata.goog/',
  'http://metadata.azure.internal/',
  'http://instance-data/latest/',
  'http://instance-data.ec2.internal/latest/',
];

const MALFORMED_URLS: readonly string[] = [
  'ftp://example.com/',
  'file:///etc/passwd',
  'file://example.com/etc/passwd',
  'gopher://example.com:6379/_FLUSHALL',
  'dict://example.com:11211/stats',
  'ldap://example.com/',
  'data:application/json,{}',
  'blob:https://example.com/1',
  'javascript:alert(1)',
  'unix:/var/run/docker.sock',
  'http+unix://%2Fvar%2Frun%2Fdocker.sock/info',
  'ws://example.com/',
  'redis://127.0.0.1:6379/',
  'https://user:pass@example.com/',
  'https://token@example.com/',
  'https://:pass@example.com/',
  'https://example.com@127.0.0.1/',
  'https://example.com%40evil.example@127.0.0.1/',
  'http:127.0.0.1',
  'http:/127.0.0.1/',
  'http:\\\\127.0.0.1\\',
  'http:///127.0.0.1/',
  ' http://127.0.0.1/ ',
  'http://127.0.0.1:6379/',
  'http://127.0.0.1#@example.com/',
  'http://127.0.0.1?@example.com/',
  'http://127.0.0.1\\@example.com/',
  'https://example.com:99999/',
  'https://example.com:-1/',
  'https://exa mple.com/',
  'https://[127.0.0.1]/',
  'https://[::1/',
  'https://256.256.256.256/',
  'https://127.0.0.1.2/',
  'https://',
  'https:///',
  '//example.com/hook',
  '/hook',
  'example.com/hook',
  ' ',
];

/** None may become a destination. */
export const FORBIDDEN_URLS: readonly string[] = [
  ...INSIDE.flatMap(spellings).map((host) => `http://${host}/hook`),
  ...OTHER_URLS,
  ...NAMED_URLS,
  ...MALFORMED_URLS,
];

/** None may be connected to, whoever names it. */
export const FORBIDDEN_ADDRESSES: readonly string[] = [
  ...INSIDE.flatMap((octets) => [
    dotted(octets),
    `::ffff:${dotted(octets)}`,
    `::ffff:${halves(octets)}`,
    `::${dotted(octets)}`,
    `64:ff9b::${dotted(octets)}`,
    `64:ff9b:1::${dotted(octets)}`,
    `2002:${halves(octets)}::1`,
  ]),
  ...['0.1.2.3', '10.255.255.255', '100.127.255.254', '127.255.255.255', '169.254.0.1', '172.31.255.255', '192.0.0.1'],
  ...['192.0.0.170', '192.0.2.1', '192.88.99.1', '192.168.255.255', '198.19.255.255', '198.51.100.7', '203.0.113.9'],
  ...['224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '100::1', '2001::1', '2001:db8::1', '3fff::1', '4000::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1'],
  ...['fe80::1%lo', 'febf::1', 'fec0::1', 'ff02::1'],
];
