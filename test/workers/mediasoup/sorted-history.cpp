// Does the same at random with RTC::SortedHistory and with the std::map that it replaces. Exit code 1 and one line: they differ.
#include "RTC/SortedHistory.hpp"
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

static void check(bool same, const char* what, int step)
{
	if (!same)
	{
		std::printf("%s, step %d\n", what, step);
		std::exit(1);
	}
}

int main()
{
	std::mt19937 random(1);
	const auto upTo = [&random](int64_t end) { return static_cast<int64_t>(random() % end); };
	std::map<int64_t, int> map;
	RTC::SortedHistory<int> history;
	// Unwrapped sequence numbers may be negative, and exceed 16 bits.
	int64_t next{ -200 };

	for (int step = 0; step < 200000; step++)
	{
		const auto near = next - 60 + upTo(70);

		switch (upTo(4))
		{
			case 0:
			{
				// Most come in order; some late, twice or after a gap.
				const auto key = upTo(10) == 0 ? near : (next += upTo(20) == 0 ? 30 : 1);
				map.insert({ key, step });
				history.insert({ key, step });
				break;
			}
			case 1:
			{
				const auto expected = map.find(near);
				const auto found    = history.find(near);
				check((expected == map.end()) == (found == history.end()), "find", step);
				if (expected == map.end())
				{
					break;
				}
				check(expected->second == found->second, "value", step);
				map.erase(expected);
				history.erase(found);
				break;
			}
			case 2:
			{
				auto expected   = map.lower_bound(near);
				auto found      = history.lower_bound(near);
				const auto last = near + upTo(40);
				const auto end  = history.upper_bound(last);
				for (; expected != map.upper_bound(last); ++expected, ++found)
				{
					check(found != end && *found == std::pair<int64_t, int>(*expected), "range", step);
				}
				check(found == end, "end of the range", step);
				break;
			}
			case 3:
			{
				while (map.size() > 100 || (!map.empty() && upTo(2) == 0))
				{
					check(history.begin()->first == map.begin()->first, "oldest", step);
					map.erase(map.begin());
					history.erase(history.begin());
				}
			}
		}

		check(map.empty() == history.empty(), "empty", step);
	}
}
