with dim_date as (
    select date, is_instructional from silver.dim_date
),

day_policy as (
    select valid_from, valid_to, attendance_period_rule, calendar_infer
    from reference.day_policy
    where school_id is null
),

ruled_date as (
    select
        dim_date.date,
        cast(date_trunc('month', dim_date.date) as date) as month_start,
        cast(power(2, extract(day from dim_date.date)) as bigint) as day_bit,
        dim_date.is_instructional,
        day_policy.attendance_period_rule,
        day_policy.calendar_infer
    from dim_date
    inner join day_policy
        on dim_date.date >= day_policy.valid_from
        and dim_date.date <= day_policy.valid_to
),

-- The facts are read once for each question: a CTE that is used twice would be kept whole in memory.
-- A month is the bits of its days: where a day has several marks, they add up to more than their union.
crowded as (
    select mark.student_id, ruled_date.month_start
    from silver.fact_attendance as mark
    inner join ruled_date on ruled_date.date = mark.date
    group by mark.student_id, ruled_date.month_start
    having sum(ruled_date.day_bit) <> bit_or(ruled_date.day_bit)
),

several as (
    select mark.student_id, mark.date
    from silver.fact_attendance as mark
    where mark.student_id in (select student_id from crowded)
    group by mark.student_id, mark.date
    having count(*) > 1
),

-- Where days are inferred class by class: class-days on which nobody has a counted status.
class_off as (
    select mark.class_id, mark.date
    from silver.fact_attendance as mark
    inner join ruled_date on ruled_date.date = mark.date
    where ruled_date.calendar_infer = 'class'
    group by mark.class_id, mark.date
    having max(case when mark.in_enrollment then mark.counted_units else 0 end) = 0
),

special as (
    select student_id, date from several
    union
    select mark.student_id, mark.date
    from silver.fact_attendance as mark
    inner join class_off on class_off.class_id = mark.class_id and class_off.date = mark.date
),

ranked as (
    select
        mark.student_id,
        mark.date,
        mark.class_id,
        mark.class_basis,
        mark.status,
        mark.is_excused,
        mark.is_late,
        mark.absent_units,
        mark.counted_units,
        mark.in_enrollment,
        row_number() over (
            partition by mark.student_id, mark.date, mark.period
            order by
                mark.created_at desc nulls last,
                mark._batch_date desc nulls last,
                mark._source_file desc,
                mark._source_row desc
        ) as place
    from silver.fact_attendance as mark
    inner join special
        on special.student_id = mark.student_id
        and special.date = mark.date
),

summed as (
    select
        student_id,
        date,
        max(class_id) as class_id,
        max(class_basis) as class_basis,
        bool_and(in_enrollment) as is_enrolled,
        count(*) as fact_count,
        count(case when place = 1 then 1 end) as period_count,
        sum(case when place = 1 then absent_units else 0 end) as absent_sum,
        sum(case when place = 1 then counted_units else 0 end) as counted_sum,
        max(case when place = 1 then status end) as one_status,
        bool_or(place = 1 and status = 'not_taken') as has_not_taken,
        bool_or(place = 1 and status = 'not_required') as has_not_required,
        bool_or(place = 1 and is_late) as has_late,
        min(case when place = 1 and counted_units > 0 and absent_units < counted_units then status end) as present_min,
        max(case when place = 1 and counted_units > 0 and absent_units < counted_units then status end) as present_max,
        bool_or(place = 1 and absent_units > 0 and not coalesce(is_excused, true)) as has_unexcused,
        bool_or(place = 1 and absent_units > 0 and is_excused is null) as has_unknown
    from ranked
    group by student_id, date
),

judged as (
    select
        summed.student_id,
        summed.date,
        summed.class_id,
        summed.class_basis,
        ruled_date.is_instructional and class_off.class_id is null as is_instructional,
        summed.is_enrolled,
        summed.fact_count,
        summed.period_count,
        summed.absent_sum,
        summed.counted_sum,
        summed.one_status,
        summed.has_late,
        summed.present_min,
        summed.present_max,
        case when summed.has_unexcused then 'unexcused' when summed.has_unknown then 'absent' else 'excused' end
        as absent_status,
        case when summed.has_not_taken then 'not_taken' when summed.has_not_required then 'not_required' else 'no_school' end
        as uncounted_status,
        case ruled_date.attendance_period_rule
            when 'any_present' then summed.absent_sum = summed.counted_sum
            else summed.absent_sum * 2 >= summed.counted_sum
        end as is_absent
    from summed
    inner join ruled_date on ruled_date.date = summed.date
    left join class_off on class_off.class_id = summed.class_id and class_off.date = summed.date
),

final as (
    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        is_enrolled,
        case
            when period_count = 1 then one_status
            when counted_sum = 0 then uncounted_status
            when is_absent then absent_status
            when has_late then 'late'
            when present_min = present_max then present_min
            else 'present'
        end as status,
        cast(
            case
                when period_count = 1 then absent_sum
                when counted_sum > 0 and is_absent then 100
                else 0
            end as smallint
        ) as absent_units,
        cast(case when counted_sum > 0 then 100 else 0 end as smallint) as counted_units,
        fact_count
    from judged
)

select * from final
