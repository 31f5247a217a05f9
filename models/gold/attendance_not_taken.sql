with student_day as (
    select
        class_id,
        date,
        is_instructional,
        is_enrolled,
        status,
        counted_units
    from silver.student_day
),

day_policy as (
    select valid_from, valid_to, class_unassigned from reference.day_policy where school_id is null
),

class_day as (
    select
        class_id,
        date,
        count(case when is_enrolled and is_instructional then 1 end) as total_students,
        count(case when is_enrolled and is_instructional and status = 'not_taken' then 1 end) as not_taken_students
    from student_day
    group by class_id, date
    having max(counted_units) = 0
),

final as (
    select
        class_day.class_id,
        class_day.date,
        class_day.total_students,
        class_day.not_taken_students
    from class_day
    inner join day_policy
        on class_day.date >= day_policy.valid_from
        and class_day.date <= day_policy.valid_to
    where
        -- A class whose students all need no mark has had its roll taken.
        class_day.not_taken_students > 0
        and (class_day.class_id <> 'UNASSIGNED' or day_policy.class_unassigned = 'row')
)

select * from final
