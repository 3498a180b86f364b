#ifndef SHOAL_RTC_EGRESS_REMAP_HPP
#define SHOAL_RTC_EGRESS_REMAP_HPP

#include "RTC/RtpDictionaries.hpp"
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace RTC
{
	/**
	 * Translates the payload type and the header extension ids of an outgoing RTP packet from the router's numbers to those
	 * the receiving client negotiated. It works on a copy just before SRTP protection, so that everything else in the worker
	 * (and every other Consumer of the same packet) sees the router's numbers only. The length of the packet never changes.
	 *
	 * Off unless a codec of the Consumer carries the integer parameter `x-egress-pt`.
	 */
	class EgressRemap
	{
	public:
		EgressRemap() = default;

		explicit EgressRemap(const RTC::RtpParameters& rtpParameters)
		{
			for (const auto& codec : rtpParameters.codecs)
			{
				if (codec.parameters.HasPositiveInteger("x-egress-pt"))
				{
					this->enabled                                    = true;
					this->payloadTypes[codec.payloadType & 0x7F] = codec.parameters.GetInteger("x-egress-pt") & 0x7F;
				}
			}

			for (const auto& extension : rtpParameters.headerExtensions)
			{
				const auto canonicalId = static_cast<uint8_t>(extension.type);

				// One-byte elements can carry ids 1-14 only (RFC 8285).
				if (canonicalId < this->extensionIds.size() && extension.id <= 14)
				{
					this->extensionIds[canonicalId] = extension.id;
				}
			}
		}

		/**
		 * Returns the given packet if off, otherwise a translated copy that stays valid until the next call in this thread.
		 */
		const uint8_t* Apply(const uint8_t* packet, size_t len) const
		{
			static constexpr size_t FixedHeaderLength{ 12 };
			static thread_local std::array<uint8_t, 65536> copy;

			if (!this->enabled || len < FixedHeaderLength || len > copy.size())
			{
				return packet;
			}

			uint8_t* data = copy.data();

			std::memcpy(data, packet, len);

			if (const uint8_t payloadType = this->payloadTypes[data[1] & 0x7F]; payloadType != 0)
			{
				data[1] = (data[1] & 0x80) | payloadType;
			}

			const bool hasExtensions = data[0] & 0x10;
			const size_t offset      = FixedHeaderLength + (4 * (data[0] & 0x0F));

			if (hasExtensions && offset + 4 <= len)
			{
				RemapExtensions(data + offset, data + len);
			}

			return data;
		}

	private:
		void RemapExtensions(uint8_t* block, const uint8_t* packetEnd) const
		{
			const uint16_t profile = (block[0] << 8) | block[1];
			uint8_t* position      = block + 4;
			const auto length      = static_cast<size_t>(4 * ((block[2] << 8) | block[3]));

			if (length > static_cast<size_t>(packetEnd - position))
			{
				return;
			}

			const bool oneByte = profile == 0xBEDE;
			const bool twoByte = (profile & 0xFFF0) == 0x1000;
			uint8_t* end       = position + length;

			while ((oneByte || twoByte) && position < end)
			{
				// Padding between elements.
				if (*position == 0)
				{
					++position;

					continue;
				}

				position = oneByte ? RemapOneByte(position, end) : RemapTwoByte(position, end);
			}
		}

		uint8_t* RemapOneByte(uint8_t* element, uint8_t* end) const
		{
			const uint8_t id    = element[0] >> 4;
			const size_t length = 1 + (element[0] & 0x0F) + 1;

			// Id 15 ends the block (RFC 8285 section 4.2).
			if (id == 15 || length > static_cast<size_t>(end - element))
			{
				return Erase(element, end);
			}

			if (this->extensionIds[id] == 0)
			{
				return Erase(element, element + length);
			}

			element[0] = (this->extensionIds[id] << 4) | (element[0] & 0x0F);

			return element + length;
		}

		uint8_t* RemapTwoByte(uint8_t* element, uint8_t* end) const
		{
			if (end - element < 2 || 2 + element[1] > end - element)
			{
				return Erase(element, end);
			}

			const size_t length = 2 + element[1];

			if (element[0] >= this->extensionIds.size() || this->extensionIds[element[0]] == 0)
			{
				return Erase(element, element + length);
			}

			element[0] = this->extensionIds[element[0]];

			return element + length;
		}

		// An extension that was not negotiated becomes padding: its left-over id might equal one that was.
		static uint8_t* Erase(uint8_t* begin, uint8_t* end)
		{
			std::memset(begin, 0, end - begin);

			return end;
		}

	private:
		bool enabled{ false };
		// Indexed by the router's payload type; 0 keeps it.
		std::array<uint8_t, 128> payloadTypes{};
		// Indexed by the router's id, which equals the numeric value of the extension's type; 0 means not negotiated.
		std::array<uint8_t, 16> extensionIds{};
	};
} // namespace RTC

#endif
