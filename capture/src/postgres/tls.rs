//! TLS as libpq's `sslmode` means it, on rustls.
//!
//! `require` encrypts and trusts anyone (unless root certificates are given), `verify-ca` proves the chain,
//! `verify-full` the chain and the name. A server certificate that itself stands among the root certificates is
//! trusted by being the same, byte for byte: rustls takes no certificate of a server as its own root.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use thiserror::Error as ThisError;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conninfo::{SslMode, Target};

/// Why TLS could not be set up.
#[derive(Debug, ThisError)]
pub(super) enum TlsError {
    /// A certificate or key file cannot be read.
    #[error("could not read {what} {file}: {why}")]
    File {
        /// `the root certificates`, `the client certificate`, `the client key`.
        what: &'static str,
        /// The path.
        file: String,
        /// Why.
        why: String,
    },
    /// The mode needs root certificates.
    #[error("sslmode {mode} needs root certificates, and there are none")]
    NoRoots {
        /// `verify-ca` or `verify-full`.
        mode: &'static str,
    },
    /// rustls refused what it was given.
    #[error("could not set up TLS: {0}")]
    Rustls(#[from] Error),
}

/// A connector for this target.
pub(super) fn connector(target: &Target) -> Result<MakeRustlsConnect, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::of(target, &provider)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match (&target.sslcert, &target.sslkey) {
        (Some(certificate), Some(key)) => {
            config.with_client_auth_cert(certificates("the client certificate", certificate)?, private_key(key)?)?
        }
        _ => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn file_error(what: &'static str, file: &Path, why: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { what, file: file.display().to_string(), why: why.to_string() }
}

fn certificates(what: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = CertificateDer::pem_file_iter(file).map_err(|error| file_error(what, file, &error))?;
    let found: Result<Vec<_>, _> = found.collect();
    match found {
        Ok(found) if found.is_empty() => Err(file_error(what, file, &"it holds no certificate")),
        Ok(found) => Ok(found),
        Err(error) => Err(file_error(what, file, &error)),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| file_error("the client key", file, &error))
}

/// How far a server's certificate is checked.
#[derive(Debug)]
struct Verifier {
    /// None: anyone is trusted.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The root certificates as they are, to compare with.
    pinned: Vec<CertificateDer<'static>>,
    checks_name: bool,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn of(target: &Target, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let mode = match target.sslmode {
            SslMode::VerifyCa => Some("verify-ca"),
            SslMode::VerifyFull => Some("verify-full"),
            _ => None,
        };
        let file = target.sslrootcert.as_deref();
        let pinned = match (file, mode) {
            (Some("system"), _) => rustls_native_certs::load_native_certs().certs,
            (Some(file), _) => certificates("the root certificates", Path::new(file))?,
            (None, Some(mode)) => return Err(TlsError::NoRoots { mode }),
            (None, None) => Vec::new(),
        };
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(pinned.iter().cloned());
        let chain = if usable == 0 {
            None
        } else {
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
            Some(builder.build().map_err(|error| Error::General(error.to_string()))?)
        };
        let checks_name = target.sslmode == SslMode::VerifyFull;
        Ok(Self { chain, pinned, checks_name, provider: Arc::clone(provider) })
    }

    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.pinned.is_empty() {
            return Ok(());
        }
        if self.pinned.iter().any(|pinned| pinned == certificate) {
            return if self.checks_name {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)
            } else {
                Ok(())
            };
        }
        let Some(chain) = &self.chain else {
            return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        };
        match chain.verify_server_cert(certificate, intermediates, name, &[], now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(()),
            checked => checked.map(|_| ()),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify(end_entity, intermediates, server_name, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
