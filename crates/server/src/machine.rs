//! Facts of this machine that are part of a result's address. The workers are this same program on
//! this same machine, so what holds here holds there.

/// Version of everything that computes.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The widest vector instructions the kernels can choose: bytes of a result hold per instruction set.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            return "x86_64-avx512";
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return "x86_64-avx2-fma";
        }
    }
    std::env::consts::ARCH
}
