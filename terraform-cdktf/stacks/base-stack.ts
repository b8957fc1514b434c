/** What both stacks begin with: names without a hash, one provider, one place for the state. */
import {
  type App,
  AwsProvider,
  LocalBackend,
  S3Backend,
  TerraformElement,
  TerraformStack,
} from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';

/** From here on a write-only argument keeps a secret out of the state. */
const TERRAFORM_VERSION = '>= 1.11';
/** Also in commands/terraform.mjs, which looks for it on this machine. */
const AWS_PROVIDER_VERSION = '5.100.0';

export class BaseStack extends TerraformStack {
  readonly #owners = new Map<string, string>();

  constructor(app: App, id: string, settings: Settings) {
    super(app, id);
    this.addOverride('terraform.required_version', TERRAFORM_VERSION);
    // The exact version: what was planned in the tests is what an apply gets.
    this.addOverride('terraform.required_providers.aws', {
      source: 'hashicorp/aws',
      version: AWS_PROVIDER_VERSION,
    });
    new AwsProvider(this, 'aws', {
      region: settings.region,
      allowedAccountIds: [settings.account],
      defaultTags: [{ tags: tagsOf(settings) }],
    });
    placeState(this, id, settings);
  }

  /** The path of scopes is unique already; the usual hash behind it would only be noise in a plan. */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = element instanceof TerraformElement ? element.node : element;
    const id = node.path.split('/').slice(1).join('_').replaceAll('-', '_');
    const owner = this.#owners.get(id) ?? node.path;
    if (owner !== node.path) throw new Error(`${owner} and ${node.path} have one name: ${id}`);
    this.#owners.set(id, node.path);
    return id;
  }
}

type Node = TerraformElement['node'];

function tagsOf(settings: Settings): Record<string, string> {
  return {
    Project: settings.name,
    Preset: settings.preset,
    Owner: settings.owner,
    CostCentre: settings.costCentre,
    ManagedBy: 'terraform',
  };
}

function placeState(stack: TerraformStack, id: string, settings: Settings): void {
  if (settings.stateBucket === null) {
    // By name: two deployments from one clone must never take each other's state for their own.
    new LocalBackend(stack, { path: `${settings.name}.tfstate` });
    return;
  }
  new S3Backend(stack, {
    bucket: settings.stateBucket,
    key: `${settings.name}/${id}.tfstate`,
    region: settings.region,
    encrypt: true,
  });
  stack.addOverride('terraform.backend.s3.use_lockfile', true);
}
