/** The certificate that a team has, or one that AWS makes and renews for the domain. */
import {
  AcmCertificate,
  AcmCertificateValidation,
  type Construct,
  Route53Record,
} from '../cdktf.ts';
import type { Context } from '../stacks/parts.ts';

const TTL_SECONDS = 300;

export interface Certificate {
  arn: string;
  /** The same, once it can be used. */
  validatedArn: string;
}

export function makeCertificate({ settings }: Context, scope: Construct): Certificate {
  const { existingCertificateArn, domain, hostedZoneId } = settings;
  if (existingCertificateArn !== null) {
    return { arn: existingCertificateArn, validatedArn: existingCertificateArn };
  }
  const certificate = new AcmCertificate(scope, 'certificate', {
    domainName: domain!,
    validationMethod: 'DNS',
    keyAlgorithm: 'EC_prime256v1',
    // Put on no other list than the public one: browsers and most clients refuse a certificate
    // without.
    options: { certificateTransparencyLoggingPreference: 'ENABLED' },
    // A listener must always have one.
    lifecycle: { createBeforeDestroy: true },
  });
  const option = certificate.domainValidationOptions.get(0);
  // It stays: AWS renews the certificate for as long as it finds the record.
  const proof = new Route53Record(scope, 'certificate_proof', {
    zoneId: hostedZoneId!,
    name: option.resourceRecordName,
    type: option.resourceRecordType,
    records: [option.resourceRecordValue],
    ttl: TTL_SECONDS,
    allowOverwrite: true,
  });
  const validation = new AcmCertificateValidation(scope, 'certificate_validation', {
    certificateArn: certificate.arn,
    validationRecordFqdns: [proof.fqdn],
  });
  return { arn: certificate.arn, validatedArn: validation.certificateArn };
}
