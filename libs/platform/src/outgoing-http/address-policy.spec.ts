import { AddressPolicy } from './address-policy.js';

const publicOnly = new AddressPolicy([]);

const forbiddenAddresses = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.254',
  '127.0.0.1',
  '127.1.2.3',
  '127.255.255.255',
  '169.254.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.170',
  '192.0.2.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.168.255.255',
  '192.175.48.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::2',
  '::7f00:1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '64:ff9b:1::808:808',
  '100::1',
  '1::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:808:808::1',
  '2002:a00:1::1',
  '3fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'ff0e::1',
  'localhost',
  'example.com',
  '',
  '1.2.3',
  '1.2.3.4.5',
];

const permittedAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.1',
  '223.255.255.255',
  '2001:4860:4860::8888',
  '2606:4700:4700::1111',
  '2a00:1450:4001:801::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

const forbiddenUrls = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://127.0.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.1/',
  'http://0X7F.0x0.0x0.0x1/',
  'http://017700000001/',
  'http://0177.0.0.1/',
  'http://0177.0.0.01:8080/hook',
  'http://127.0.0.1./',
  'http://127.000.000.001/',
  'http://%31%32%37.0.0.1/',
  'http://１２７.０.０.１/',
  'http://①②⑦.⓪.⓪.①/',
  'http://127。0。0。1/',
  'http:127.0.0.1',
  'http:\\\\127.0.0.1\\',
  'http://0/',
  'http://0.0.0.0:6379/',
  'http://10.1/',
  'http://3232235521/',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/latest/meta-data/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'https://[::1]/',
  'https://[::]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:ff9b::a00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
  'https://[fe80::1]/',
  'https://[fe80::1%25eth0]/',
  'https://[fd12:3456::1]/',
  'https://[ff02::1]/',
  'http://localhost/',
  'http://LOCALHOST:8080/',
  'http://localhost./',
  'http://localhost../',
  'http://api.localhost/',
  'http://localhost.localdomain/',
  'http://ⓛocalhost/',
  'http://ip6-localhost/',
  'http://ip6-loopback/',
  'http://metadata/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://METADATA.google.internal./',
  'http://metadata.goog/',
  'http://instance-data.ec2.internal/latest/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'data:application/json,{}',
  'javascript:alert(1)',
  'unix:/var/run/docker.sock',
  'ws://example.com/',
  'https://user:pass@example.com/',
  'https://token@example.com/',
  'https://:pass@example.com/',
  'https://example.com:99999/',
  'https://',
  'https:///',
  '//example.com/hook',
  '/hook',
  'example.com/hook',
  '',
  ' ',
];

const permittedUrls = [
  'https://example.com/hook',
  'http://example.com:8080/hook?x=1',
  'https://EXAMPLE.com./',
  'https://8.8.8.8/',
  'https://[2606:4700:4700::1111]/',
  'https://localhost.example.com/',
  'https://notlocalhost/',
  'https://metadata.example.com/',
  'https://bücher.example/',
  'http://hooks:3000/',
];

describe('AddressPolicy', () => {
  it.each(forbiddenAddresses)('does not permit %p', (address) => {
    expect(publicOnly.permits(address)).toBe(false);
  });

  it.each(permittedAddresses)('permits %p', (address) => {
    expect(publicOnly.permits(address)).toBe(true);
  });

  it.each(forbiddenUrls)('refuses the URL %p', (url) => {
    expect(publicOnly.checkUrl(url)).toEqual(expect.any(String));
  });

  it.each(permittedUrls)('takes the URL %p', (url) => {
    expect(publicOnly.checkUrl(url)).toBeUndefined();
  });

  it('says why, without repeating a credential', () => {
    expect(publicOnly.checkUrl('https://user:hunter2@example.com/')).toBe('must not contain a user name or password');
    expect(publicOnly.checkUrl('http://0x7f.1/')).toBe(
      '127.0.0.1 is a private or reserved address; DESTINATION_ALLOWED_CIDRS can allow it',
    );
    expect(publicOnly.checkUrl('ftp://example.com/')).toBe('must be an http or https URL');
    expect(publicOnly.checkUrl('hook')).toBe('must be an absolute URL');
  });

  it.each([
    ['127.0.0.0/8', 'http://127.0.0.1:9000/'],
    ['127.0.0.0/8', 'http://0x7f.1/'],
    ['127.0.0.0/8', 'http://localhost:9000/'],
    ['127.0.0.0/8', 'http://[::ffff:127.0.0.1]/'],
    ['::1/128', 'http://[::1]:9000/'],
    ['::1/128', 'http://localhost/'],
    ['10.0.0.0/8', 'https://10.2.3.4/'],
    ['fd00::/8', 'https://[fd12:3456::1]/'],
    ['169.254.169.254/32', 'http://metadata.google.internal/'],
  ])('with %s allowed takes %s', (cidr, url) => {
    expect(new AddressPolicy([cidr]).checkUrl(url)).toBeUndefined();
  });

  it.each([
    ['127.0.0.0/8', 'http://10.0.0.1/'],
    ['127.0.0.0/8', 'http://[::1]/'],
    ['127.0.0.0/8', 'http://[64:ff9b::127.0.0.1]/'],
    ['10.0.0.0/8', 'http://localhost/'],
    ['10.0.0.0/8', 'http://metadata.google.internal/'],
    ['fd00::/8', 'http://[fe80::1]/'],
    ['127.0.0.0/8', 'ftp://127.0.0.1/'],
    ['127.0.0.0/8', 'http://user:pass@127.0.0.1/'],
  ])('with %s allowed still refuses %s', (cidr, url) => {
    expect(new AddressPolicy([cidr]).checkUrl(url)).toEqual(expect.any(String));
  });

  it('names every malformed range', () => {
    expect(() => new AddressPolicy(['10.0.0.0/8', '10.0.0.0', 'fd00::/129', 'lan'])).toThrow(
      'Not a CIDR range: 10.0.0.0, fd00::/129, lan',
    );
  });
});
