import { baseName } from './paths.ts';

/** Whole names, lower case. */
const names = new Set([
  ...['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss'],
  ...['.netrc', '_netrc', '.git-credentials', '.npmrc', '.pypirc', '.pgpass', 'pgpass.conf', '.my.cnf', '.htpasswd'],
  ...['.dockercfg', '.s3cfg', '.boto', '.envrc', '.vault-token', '.vault_pass', '.terraformrc', 'terraform.rc'],
  ...['.htdigest', '.rediscli_auth', '.authinfo', '.fetchmailrc', '.msmtprc', '.esmtprc', '.yarnrc-auth'],
  ...['kubeconfig', 'local.settings.json', 'google-services.json', 'googleservice-info.plist', '.bash_history'],
]);

/** Last part of the name, lower case: keys, certificates with keys, password stores, states that hold secrets. */
const extensions = new Set([
  ...['pem', 'key', 'p8', 'p12', 'pfx', 'pkcs12', 'jks', 'jceks', 'bks', 'keystore', 'ppk', 'kdb', 'kdbx'],
  ...['gpg', 'pgp', 'ovpn', 'mobileprovision', 'provisionprofile', 'keychain', 'agekey', 'tfstate', 'tfvars'],
]);

const patterns: readonly RegExp[] = [
  // `.env`, `.env.local`, `prod.env`
  /^\.env(?:\..+)?$/,
  /^[^.]+\.env$/,
  /^\.?(?:credentials?|secrets?|passwords?)(?:\.(?:json5?|ya?ml|toml|ini|cfg|conf|xml|csv|txt|properties|enc|bak))?$/,
  /^(?:service[-_]?account|client[-_]?secrets?|application_default_credentials)[^/]*\.json$/,
  /\.tfstate\.backup$/,
  /\.tfvars\.json$/,
];

/** Samples that people write to be read. */
const samples = /(?:^|[._-])(?:example|sample|template|dist|defaults?|schema)(?:[._-]|$)/;

/** Files that hold secrets only in these folders. */
const places: readonly RegExp[] = [
  /(?:^|\/)\.ssh\/(?!(?:config|known_hosts)$|[^/]*\.pub$)[^/]*$/,
  /(?:^|\/)\.gnupg\//,
  /(?:^|\/)\.docker\/config\.json$/,
  /(?:^|\/)\.kube\/config$/,
  /(?:^|\/)\.aws\/(?:credentials|config)$/,
];

/**
 * Does the name say that a file holds keys or passwords? Such files never reach a prompt, an index or a block. Errs on
 * the side of leaving out; a sample such as `.env.example` is in.
 */
export function isSecretPath(path: string): boolean {
  const lower = path.toLowerCase();
  if (places.some((place) => place.test(lower))) return true;
  const name = baseName(lower);
  if (names.has(name)) return true;
  if (extensions.has(name.slice(name.lastIndexOf('.') + 1)) && name.includes('.')) return !isSample(name);
  return patterns.some((pattern) => pattern.test(name)) && !isSample(name);
}

function isSample(name: string): boolean {
  // A key file is a key file, whatever else it is called.
  return samples.test(name) && !/\.(?:pem|key|p8|p12|pfx|jks|keystore|ppk|kdbx?)$/.test(name);
}

/** Is the text itself a private key, under whatever name? */
export function isPrivateKey(text: string): boolean {
  return /^\s*-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/.test(text.slice(0, 4_096));
}
