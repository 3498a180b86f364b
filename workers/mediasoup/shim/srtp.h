// The part of libsrtp 3's interface that the worker uses, on top of Debian 12's libsrtp 2.
//
// Version 3 makes the policy opaque, splits master key and salt, and takes separate input and output buffers; version 2
// works in place. The version 2 struct is renamed by a macro around its header so that the version 3 name is free.
#ifndef SHOAL_SHIM_SRTP_H
#define SHOAL_SHIM_SRTP_H

#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

// Error codes that only version 3 has. Values continue the enumeration of version 2.
inline constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
inline constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

struct shoal_srtp_policy
{
	srtp2_policy_t policy{};
	uint8_t masterKey[SRTP_MAX_KEY_LEN]{};
};

using srtp_policy_t = shoal_srtp_policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) shoal_srtp_policy;

	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->policy.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const auto err = srtp_crypto_policy_set_from_profile_for_rtp(std::addressof(policy->policy.rtp), profile);

	if (err != srtp_err_status_ok)
	{
		return err;
	}

	return srtp_crypto_policy_set_from_profile_for_rtcp(std::addressof(policy->policy.rtcp), profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* mki,
  size_t mkiLen)
{
	// The worker adds one key without a master key identifier; more would need version 2's key array.
	if (mki || mkiLen != 0 || policy->policy.key || keyLen + saltLen > sizeof(policy->masterKey))
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->masterKey, key, keyLen);
	std::memcpy(policy->masterKey + keyLen, salt, saltLen);
	policy->policy.key = policy->masterKey;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->policy.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size)
{
	policy->policy.window_size = static_cast<unsigned long>(size);

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return srtp_create(session, std::addressof(policy->policy));
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

// Copies in to out unless they are the same buffer, then runs a version 2 operation on out. `room` is what the operation
// may add to the packet.
template<typename Operation>
inline srtp_err_status_t shoal_srtp_in_place(
  const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t room, Operation operation)
{
	if (inLen > static_cast<size_t>(std::numeric_limits<int>::max()) - room || *outLen < inLen + room)
	{
		return srtp_err_status_buffer_small;
	}

	if (in != out)
	{
		std::memcpy(out, in, inLen);
	}

	int len        = static_cast<int>(inLen);
	const auto err = operation(out, std::addressof(len));

	if (err == srtp_err_status_ok)
	{
		*outLen = static_cast<size_t>(len);
	}

	return err;
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtpLen, uint8_t* srtp, size_t* srtpLen, size_t /*mkiIndex*/)
{
	return shoal_srtp_in_place(
	  rtp, rtpLen, srtp, srtpLen, SRTP_MAX_TRAILER_LEN, [session](uint8_t* data, int* len)
	  { return srtp_protect(session, static_cast<void*>(data), len); });
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtpLen, uint8_t* rtp, size_t* rtpLen)
{
	return shoal_srtp_in_place(
	  srtp, srtpLen, rtp, rtpLen, 0, [session](uint8_t* data, int* len)
	  { return srtp_unprotect(session, static_cast<void*>(data), len); });
}

// An SRTCP packet grows by the trailer plus a 32-bit index word.
inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcpLen, uint8_t* srtcp, size_t* srtcpLen, size_t /*mkiIndex*/)
{
	return shoal_srtp_in_place(
	  rtcp, rtcpLen, srtcp, srtcpLen, SRTP_MAX_TRAILER_LEN + 4, [session](uint8_t* data, int* len)
	  { return srtp_protect_rtcp(session, static_cast<void*>(data), len); });
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcpLen, uint8_t* rtcp, size_t* rtcpLen)
{
	return shoal_srtp_in_place(
	  srtcp, srtcpLen, rtcp, rtcpLen, 0, [session](uint8_t* data, int* len)
	  { return srtp_unprotect_rtcp(session, static_cast<void*>(data), len); });
}

#endif
